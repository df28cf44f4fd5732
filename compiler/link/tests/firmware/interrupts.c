#include "resilient.h"

#define REGISTER(address) (*(volatile uint32_t *)address)

static volatile int ticks, timer;

void __resilient_isr_SysTick(void) { ticks++; }

void __resilient_isr_HANDLER(void) { timer++; }

int64_t resilient_program(void) {
    REGISTER(0xe000e014) = 1000; // reload value
    REGISTER(0xe000e018) = 0;
    REGISTER(0xe000e010) = 7; // enable, interrupt, processor clock
    while (ticks < 3) {}
    REGISTER(0xe000e100) = 1 << NUMBER; // enable in the interrupt controller
    REGISTER(0xe000e200) = 1 << NUMBER; // pend
    while (timer < 1) {}
    resilient_print_int(timer);
    resilient_print_newline();
    return 3;
}
