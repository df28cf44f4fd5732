#include "resilient.h"

// No time passes: a live block is never too late.
int64_t resilient_program(void) {
    resilient_live_enter(3, 0);
    do resilient_raise_division_by_zero(0);
    while (resilient_live_failed());
    return resilient_live_total_retries();
}
