// Without files: nothing opens, so the module imports no file system and looks for no directories when it starts.
#include <stdio.h>

FILE *fopen(const char *path, const char *mode) { (void)path; (void)mode; return NULL; }
FILE *freopen(const char *path, const char *mode, FILE *f) { (void)path; (void)mode; (void)f; return NULL; }
