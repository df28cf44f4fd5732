#include "resilient.h"

int64_t resilient_program(void) {
    __asm__ volatile("svc 0");
    return 0;
}
