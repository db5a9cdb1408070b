import { http10 } from "../../conformance/http_1_0.ts";
import { httpBodies } from "../../conformance/http_bodies.ts";
import { httpHalfClosed, httpHalfClosed10 } from "../../conformance/http_half_closed.ts";
import { httpLastAnswer } from "../../conformance/http_last_answer.ts";
import { httpSmuggling } from "../../conformance/http_smuggling.ts";
import { serveBehindWorker } from "../../support/worker_server.ts";

http10("behind a worker", serveBehindWorker);
httpBodies("behind a worker", serveBehindWorker);
httpHalfClosed("behind a worker", serveBehindWorker);
httpHalfClosed10("behind a worker", serveBehindWorker);
httpLastAnswer("behind a worker", serveBehindWorker);
httpSmuggling("behind a worker", serveBehindWorker);
