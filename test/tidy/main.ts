import { tidy } from "./tidy.ts";

const complaints = tidy(new URL("../..", import.meta.url).pathname);
for (const complaint of complaints) console.error(complaint);
console.log(`tidy: ${complaints.length} complaint(s)`);
if (complaints.length > 0) process.exit(1);
