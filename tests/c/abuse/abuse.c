/* The program of all chapters but that of signers, which needs keys. */
#include "abuse.h"

int main(int count, char **words) {
    const char *chapter = count > 2 ? words[1] : "";
    const char *folder = count > 2 ? words[2] : "";
    const char *more = count > 3 ? words[3] : "";
    if (strcmp(chapter, "words") == 0) words_chapter(folder);
    else if (strcmp(chapter, "threads") == 0) threads_chapter(folder, more);
    else if (strcmp(chapter, "closing") == 0) closing_chapter(folder, more);
    else if (strcmp(chapter, "logging") == 0) logging_chapter(folder);
    else if (strcmp(chapter, "cycles") == 0) cycles_chapter(folder, atoi(more));
    else if (strcmp(chapter, "processes") == 0) processes_chapter(words[0], folder, more);
    else if (strcmp(chapter, "second") == 0) second_chapter(folder);
    else if (strcmp(chapter, "saving") == 0) saving_chapter(folder);
    else if (strcmp(chapter, "held") == 0) held_chapter(folder);
    else return 2;
    table();
    return 0;
}
