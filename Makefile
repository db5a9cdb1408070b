BUN := node_modules/.bin/bun
DENO := node_modules/.bin/deno

.PHONY: check fmt test
check:
	$(DENO) fmt --check --quiet src test bench
	$(DENO) lint --quiet
	node_modules/.bin/tsc --noEmit
	$(BUN) test/tidy/main.ts

fmt:
	$(DENO) fmt --quiet src test bench

test:
	$(BUN) test

# Rewrites docs/wire.md from the message catalogue.
.PHONY: wire-doc
wire-doc:
	UPDATE_GOLDEN=1 $(BUN) test test/unit/wire/wire_doc.test.ts
