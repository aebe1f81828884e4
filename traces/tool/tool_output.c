// SPDX-License-Identifier: MIT
/* Output of the verbs: strings from tapes are not to be trusted. */
#include <errno.h>
#include <stdio.h>

#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/units.h"
#include "traces/tape_reader.h"
#include "traces/tool/tape_tool.h"

int tool_finish_output(struct err *err)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return err_set(err, ERR_IO, errno,
		       "cannot write to standard output; what was printed is "
		       "not complete");
}

void tool_print_text(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

void tool_warn_cut(const struct tape_reader *r)
{
	const struct tape_info *info = tape_reader_info(r);
	char lost[32];

	if (tape_reader_end(r)->clean)
		return;
	if (!info->lost_bytes) {
		log_warn("%s has no end: the recording was killed or still "
			 "runs; what it wrote until then is whole",
			 tape_reader_name(r));
		return;
	}
	units_format_bytes(lost, sizeof(lost), (double)info->lost_bytes);
	log_warn("%s is cut: its last %s are no whole block and are left out; "
		 "the %llu events before are whole",
		 tape_reader_name(r), lost, (unsigned long long)info->events);
}
