/* Opening again and again, twice at once, from another process, after a fork, and after a power cut. */
#define _GNU_SOURCE
#include "abuse.h"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

/* After so many cycles everything that is kept for the process's life is there. */
#define WARM 500

static long long entries(const char *folder) {
    DIR *listing = opendir(folder);
    long long count = 0;
    if (listing == NULL) broken("no /proc");
    while (readdir(listing) != NULL) count++;
    closedir(listing);
    return count;
}

static long long resident_kib(void) {
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*d %lld", &pages) != 1) broken("no /proc/self/statm");
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

void cycles_chapter(const char *folder, int cycles) {
    static const uint8_t another_key[32] = {8};
    long long kib = 0, files = 0, threads = 0;
    int n, warm = cycles > 2 * WARM ? WARM : cycles / 2;
    field_status worst = FIELD_OK, refused = FIELD_STORE_KEY;
    char config[4096];
    snprintf(config, sizeof config, "{\"path\":\"%s\"}", folder);
    for (n = 0; n < cycles; n++) {
        field_store store = 0, other = 0;
        field_buffer out = {NULL, 0};
        field_status status = open_with(folder, "", NULL, &store);
        if (n == warm) {
            kib = resident_kib();
            files = entries("/proc/self/fd");
            threads = entries("/proc/self/task");
        }
        if (status == FIELD_OK) status = asked(field_status_get, store, text("{}"));
        if (status == FIELD_OK && n % 10 == 0) status = field_sync_start(store);
        if (status == FIELD_OK) status = field_event_next(store, 0, &out) == FIELD_TIMEOUT ? FIELD_OK : FIELD_PANIC;
        field_buffer_free(&out);
        if (status == FIELD_OK) status = field_close(store);
        if (status != FIELD_OK) worst = status;
        /* What fails gives everything back as well. */
        status = field_open(text(config), bytes_of(another_key, 32), NULL, &other, &out);
        field_buffer_free(&out);
        if (status != FIELD_STORE_KEY) refused = status;
        if (n == cycles - 1) {
            store = opened(folder, "", NULL);
            fact(resident_kib() - kib, "KiB more");
            fact(entries("/proc/self/fd") - files, "files more");
            fact(entries("/proc/self/task") - threads, "threads more");
            field_close(store);
        }
    }
    fact(cycles, "cycles");
    row(worst, "again and again: field_open and field_close");
    row(refused, "again and again: field_open with another key");
}

void second_chapter(const char *folder) {
    field_store store = 0;
    row(open_with(folder, "", NULL, &store), "another process: field_open");
    if (store != 0) row(field_close(store), "another process: field_close");
}

static void run_second(const char *program, const char *folder) {
    pid_t child = fork();
    int status = 0;
    if (child < 0) broken("no fork");
    if (child == 0) {
        execl(program, program, "second", folder, (char *)NULL);
        _exit(3);
    }
    if (waitpid(child, &status, 0) != child || status != 0) broken("the other process failed");
}

static void no_line(void *context, int32_t level, field_bytes line) {
    (void)context, (void)level, (void)line;
}

/* What a child without exec finds; it lives until the pipe is closed. */
static void in_the_child(field_store store, const char *folder, int told) {
    field_store own = 0;
    field_buffer answer = {NULL, 0};
    char nothing;
    every_function(store, "forked child");
    row(open_with(folder, "", NULL, &own), "forked child: field_open");
    row(field_set_log_callback(no_line, NULL), "forked child: field_set_log_callback");
    row(field_status_get(store, text("{}"), NULL), "forked child, out NULL: field_status_get");
    row(field_open(text("{}"), key(), NULL, &own, &answer), "forked child: field_open with error_out");
    field_buffer_free(&answer);
    printf("ready\n");
    fflush(stdout);
    if (read(told, &nothing, 1) != 0) _exit(3);
    _exit(0);
}

static void fork_without_exec(field_store *store, const char *folder) {
    int tell[2], hear[2], status = 0;
    char line[1024];
    pid_t child;
    FILE *heard;
    fflush(stdout);
    if (pipe(tell) != 0 || pipe(hear) != 0) broken("no pipe");
    child = fork();
    if (child < 0) broken("no fork");
    if (child == 0) {
        close(tell[1]);
        dup2(hear[1], 1);
        in_the_child(*store, folder, tell[0]);
    }
    close(tell[0]);
    close(hear[1]);
    heard = fdopen(hear[0], "r");
    while (heard != NULL && fgets(line, sizeof line, heard) != NULL && strcmp(line, "ready\n") != 0) {
        fputs(line, stdout);
    }
    fflush(stdout);
    /* The child lives, with a copy of every file that was open. */
    row(asked(field_record_new, *store, text(ACTION)), "the parent goes on: field_record_new");
    row(field_suspend(*store), "the parent goes on: field_suspend");
    row(field_resume(*store), "the parent goes on: field_resume");
    row(field_close(*store), "the parent goes on: field_close");
    row(open_with(folder, "", NULL, store), "the parent goes on: field_open");
    close(tell[1]);
    if (waitpid(child, &status, 0) != child) broken("no child");
    row(WIFEXITED(status) ? FIELD_OK : FIELD_PANIC, "forked child: ends in order");
    fclose(heard);
}

void processes_chapter(const char *program, const char *folder, const char *code) {
    field_store store = opened(folder, "", NULL), again = 77;
    enrolled(store, code);
    row(asked(field_record_new, store, text(ACTION)), "alone: field_record_new");
    row(open_with(folder, "", NULL, &again), "twice in one process: field_open");
    if (again != 0) broken("a failed field_open left a handle");
    run_second(program, folder);
    row(asked(field_record_new, store, text(ACTION)), "after the others were refused: field_record_new");
    row(field_suspend(store), "asleep: field_suspend");
    run_second(program, folder);
    row(field_resume(store), "awake: field_resume");
    row(field_sync_start(store), "awake: field_sync_start");
    fork_without_exec(&store, folder);
    whole(store);
    row(field_close(store), "afterwards: field_close");
}

/* Saves until somebody pulls the plug, and says which ones the library has reported saved. */
void saving_chapter(const char *folder) {
    field_store store = opened(folder, "", NULL);
    for (;;) {
        field_buffer answer = {NULL, 0};
        char id[128];
        if (field_record_new(store, text(ACTION), &answer) != FIELD_OK) broken("a record was not saved");
        answer_text(&answer, "id", id, sizeof id);
        printf("%s\n", id);
        fflush(stdout);
        field_buffer_free(&answer);
    }
}

/* What is there: the list, as it comes, and whether it holds. */
void held_chapter(const char *folder) {
    field_store store = opened(folder, "", NULL);
    field_buffer answer = {NULL, 0};
    row(field_record_list(store, text("{\"kind\":\"action\"}"), &answer), "after the plug was pulled: field_record_list");
    printf("list %.*s\n", (int)answer.len, (const char *)answer.data);
    field_buffer_free(&answer);
    whole(store);
    row(field_close(store), "afterwards: field_close");
}
