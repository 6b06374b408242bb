/*
 * files.h: are the files and folders that a configuration names there, and what their rows say
 * that they are (table.h)? Certificates of today, keys that fit them, secrets that others cannot
 * read. A default that the file does not name is not judged.
 */
#pragma once

#include "port/config/config.h"

/* Reads disks: before the loop runs. Each problem goes to one of the reports, whose file is the
 * path of the configuration, with its line and the remedy. */
void config_check_files(const struct config *config, struct yaml_report *stops,
                        struct yaml_report *hurts);
