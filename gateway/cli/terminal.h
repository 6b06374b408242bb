/*
 * terminal.h: what a command prints on a terminal. Courses, names, files and what a database says
 * come from others, so their control characters are not given to the terminal (base/plain.h). What
 * goes into a file or a pipe stays as it is, to the byte.
 */
#pragma once

/* Both stdout and stderr, each where it is a terminal; before anything is printed. */
void terminal_guard(void);
