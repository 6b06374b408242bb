/* coverage_exit.c: `./run coverage` only: writes what a process counted before _exit ends it. The
 * linker puts it in the place of _exit (--wrap). */
#include <gcov.h>

void __real__exit(int code) __attribute__((noreturn));
void __wrap__exit(int code) __attribute__((noreturn));

void __wrap__exit(int code)
{
    __gcov_dump();
    __real__exit(code);
}
