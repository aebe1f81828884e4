# SPDX-License-Identifier: MIT
# make: include it, set TAPE, BASE and NEW. make turns every exit code but 0
# into 2: gate-out/gate.rc keeps what heaptape gate said.
GATE ?= scripts/ci/gate.sh

.PHONY: gate
gate:
	@mkdir -p gate-out
	@rc=0; $(GATE) "$(TAPE)" "$(BASE)" "$(NEW)" gate-out || rc=$$?; \
	echo $$rc >gate-out/gate.rc; exit $$rc
