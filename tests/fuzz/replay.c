/*
 * replay.c: runs a fuzz target over files instead of under libFuzzer, so that the corpus and every
 * past crash (an input of the corpus like the others) are ordinary tests of every build. Arguments
 * are files or folders; one that is missing is a failure.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int n_files;

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    static uint8_t bytes[1 << 20];
    size_t n = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file); /* only read */
    /* An exact copy, so that a sanitizer sees a read past its end. */
    uint8_t *exact = malloc(n > 0 ? n : 1);
    if (exact == NULL)
        exit(1);
    memcpy(exact, bytes, n);
    (void)LLVMFuzzerTestOneInput(exact, n); /* always 0 */
    free(exact);
    n_files++;
}

static void replay_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        perror(path);
        exit(1);
    }
    if (!S_ISDIR(info.st_mode)) {
        replay_file(path);
        return;
    }
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        replay_file(file);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay_path(argv[i]);
    printf("%d inputs replayed\n", n_files);
    return n_files > 0 ? 0 : 1;
}
