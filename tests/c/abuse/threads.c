/* Many threads at once: on one handle, against field_close, and on the log callback. */
#define _GNU_SOURCE
#include "abuse.h"

#include <sched.h>

#define THREADS 16
#define ROUNDS 12
#define STATUSES_MAX 512

/* Statuses that threads came upon, each noted once for each function. */
static struct {
    const char *what;
    field_status status;
    long long times;
} seen[STATUSES_MAX];
static size_t seen_count;
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

static void see(const char *what, field_status status) {
    size_t n = 0;
    pthread_mutex_lock(&seen_lock);
    while (n < seen_count && (seen[n].what != what || seen[n].status != status)) n++;
    if (n == STATUSES_MAX) broken("too many statuses");
    if (n == seen_count) {
        seen[n].what = what;
        seen[n].status = status;
        seen[n].times = 0;
        seen_count++;
    }
    seen[n].times++;
    pthread_mutex_unlock(&seen_lock);
}

static void rows_of_what_was_seen(const char *when) {
    size_t n;
    for (n = 0; n < seen_count; n++) row(seen[n].status, "%s: %s, %lld times", when, seen[n].what, seen[n].times);
    seen_count = 0;
}

typedef struct {
    field_store store;
    int number;
    long thread;
    int ready;
    field_status status;
} worker;

static void start(pthread_t *thread, void *(*work)(void *), worker *context) {
    if (pthread_create(thread, NULL, work, context) != 0) broken("no thread");
}

static void *everything_at_once(void *context) {
    worker *me = (worker *)context;
    int round;
    for (round = 0; round < ROUNDS; round++) {
        field_buffer out = {NULL, 0};
        see("field_record_new", asked(field_record_new, me->store, text(ACTION)));
        see("field_record_list", asked(field_record_list, me->store, text("{}")));
        see("field_status_get", asked(field_status_get, me->store, text("{}")));
        see("field_search", asked(field_search, me->store, text("{\"text\":\"lights\"}")));
        see("field_event_next", field_event_next(me->store, 1, &out));
        field_buffer_free(&out);
        switch ((me->number + round) % 5) {
        case 0:
            see("field_sync_once", field_sync_once(me->store, 200, &out));
            field_buffer_free(&out);
            break;
        case 1: see("field_sync_start", field_sync_start(me->store)); break;
        case 2: see("field_sync_stop", field_sync_stop(me->store)); break;
        case 3: see("field_lifecycle", field_lifecycle(me->store, round % 2)); break;
        default: see("field_network_changed", field_network_changed(me->store, text("{\"available\":true}")));
        }
    }
    return NULL;
}

/* Who still saves, how much was saved, and how often the app has woken. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int savers, saved, wakings;
} day = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};

static int day_adds(int *count, int more) {
    int now;
    pthread_mutex_lock(&day.lock);
    now = *count += more;
    pthread_cond_broadcast(&day.changed);
    pthread_mutex_unlock(&day.lock);
    return now;
}

static void day_waits(const int *count, int known) {
    pthread_mutex_lock(&day.lock);
    while (*count == known && day.savers > 0) pthread_cond_wait(&day.changed, &day.lock);
    pthread_mutex_unlock(&day.lock);
}

/* Sends the app to sleep and wakes it, again and again, each time until somebody has saved something. */
static void sleeps_and_wakes(field_store store) {
    while (day_adds(&day.savers, 0) > 0) {
        int saved = day_adds(&day.saved, 0);
        field_status status;
        see("field_suspend", field_suspend(store));
        do {
            status = field_resume(store);
            see("field_resume", status);
            /* 1009: on a slow machine what was under way has not ended; it is asked again. */
        } while (status == FIELD_STORE_IN_USE || status == FIELD_STORE_WAITING);
        day_adds(&day.wakings, 1);
        see("field_status_get", asked(field_status_get, store, text("{}")));
        day_waits(&day.saved, saved);
    }
}

/* All but one save: what comes while the app sleeps is refused, and nothing is lost. */
static void *asleep_and_awake(void *context) {
    worker *me = (worker *)context;
    int round = 0;
    if (me->number == 0) {
        sleeps_and_wakes(me->store);
        return NULL;
    }
    while (round < ROUNDS) {
        int wakings = day_adds(&day.wakings, 0);
        field_status status = asked(field_record_new, me->store, text(ACTION));
        see("field_record_new", status);
        if (status == FIELD_OK) {
            round++;
            day_adds(&day.saved, 1);
        } else if (status == FIELD_STORE_SUSPENDED) {
            day_waits(&day.wakings, wakings);
        } else {
            broken("neither saved nor asleep");
        }
    }
    day_adds(&day.savers, -1);
    return NULL;
}

static void together(field_store store, void *(*work)(void *)) {
    pthread_t threads[THREADS];
    worker workers[THREADS];
    int n;
    memset(workers, 0, sizeof workers);
    for (n = 0; n < THREADS; n++) {
        workers[n].store = store;
        workers[n].number = n;
        start(&threads[n], work, &workers[n]);
    }
    for (n = 0; n < THREADS; n++) pthread_join(threads[n], NULL);
}

static long long saved(void) {
    long long times = 0;
    size_t n;
    for (n = 0; n < seen_count; n++) {
        if (strcmp(seen[n].what, "field_record_new") == 0 && seen[n].status == FIELD_OK) times += seen[n].times;
    }
    return times;
}

void threads_chapter(const char *folder, const char *code) {
    field_store store = opened(folder, "", NULL);
    long long reported;
    enrolled(store, code);
    together(store, everything_at_once);
    reported = saved();
    rows_of_what_was_seen("16 threads");
    day_adds(&day.savers, THREADS - 1);
    together(store, asleep_and_awake);
    reported += saved();
    rows_of_what_was_seen("16 threads, asleep and awake");
    fact(reported, "reported saved");
    whole(store);
    row(field_close(store), "afterwards: field_close");
}

static void *waits_for_an_event(void *context) {
    worker *me = (worker *)context;
    field_buffer out = {NULL, 0};
    __atomic_store_n(&me->thread, own_thread(), __ATOMIC_RELEASE);
    do {
        field_buffer_free(&out);
        me->status = field_event_next(me->store, UINT32_MAX, &out);
    } while (me->status == FIELD_OK);
    field_buffer_free(&out);
    return NULL;
}

static void *syncs(void *context) {
    worker *me = (worker *)context;
    field_buffer out = {NULL, 0};
    /* The other thread looks in on the sync by asking for one: that may hold this one up. */
    do {
        field_buffer_free(&out);
        me->status = field_sync_once(me->store, 60000, &out);
    } while (me->status == FIELD_W_SESSIONS);
    field_buffer_free(&out);
    return NULL;
}

void closing_chapter(const char *folder, const char *code) {
    field_store store = opened(folder, "", NULL);
    pthread_t waiting, syncing;
    worker waits, sync;
    field_buffer out = {NULL, 0};
    long long begun;
    memset(&waits, 0, sizeof waits);
    memset(&sync, 0, sizeof sync);

    enrolled(store, code);
    row(asked(field_record_new, store, text(ACTION)), "before: field_record_new");
    row(field_close(store), "before: field_close");

    /* From now on nobody answers, so that a sync lasts as long as it may. */
    store = waits.store = sync.store = opened(folder, black_hole(), NULL);
    start(&waiting, waits_for_an_event, &waits);
    while (__atomic_load_n(&waits.thread, __ATOMIC_ACQUIRE) == 0) sched_yield();
    until_it_waits(waits.thread);
    start(&syncing, syncs, &sync);
    while (field_sync_once(store, 0, &out) != FIELD_W_SESSIONS) field_buffer_free(&out);
    field_buffer_free(&out);

    begun = now_ms();
    row(field_close(store), "a sync and an event are waited for: field_close");
    fact(now_ms() - begun, "ms of field_close");
    pthread_join(waiting, NULL);
    pthread_join(syncing, NULL);
    row(waits.status, "closed meanwhile: field_event_next");
    row(sync.status, "closed meanwhile: field_sync_once");
    row(field_close(store), "closed meanwhile: field_close again");

    store = opened(folder, "", NULL);
    whole(store);
    row(field_close(store), "afterwards: field_close");
}

#define LOGGERS 4
#define CALLERS 4
#define SETS 200

typedef struct {
    int live;
} logger;

static long long lines, lines_of_the_dead;
static field_status set_by_a_line = -1;

static void take_line(void *context, int32_t level, field_bytes line) {
    logger *me = (logger *)context;
    __atomic_add_fetch(&lines, 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&me->live, __ATOMIC_ACQUIRE) != 1 || level < 1 || level > 4 || line.len == 0) {
        __atomic_add_fetch(&lines_of_the_dead, 1, __ATOMIC_RELAXED);
    }
    /* What a callback calls is not logged, or this would never end; and it cannot replace itself. */
    asked(field_status_get, 0, text("{}"));
    __atomic_store_n(&set_by_a_line, field_set_log_callback(NULL, NULL), __ATOMIC_RELAXED);
}

static void *sets_the_log(void *context) {
    int n;
    (void)context;
    for (n = 0; n < SETS; n++) {
        logger *mine = (logger *)malloc(sizeof *mine);
        if (mine == NULL) broken("no memory");
        mine->live = 1;
        see("field_set_log_callback", field_set_log_callback(take_line, mine));
        see("field_status_get", asked(field_status_get, 0, text("{}")));
        /* Whoever replaced it meanwhile has waited for its last line, and so does this. */
        see("field_set_log_callback, NULL", field_set_log_callback(NULL, NULL));
        __atomic_store_n(&mine->live, 0, __ATOMIC_RELEASE);
        free(mine);
    }
    return NULL;
}

static void *is_refused(void *context) {
    worker *me = (worker *)context;
    int n;
    for (n = 0; n < SETS; n++) {
        see("field_search", asked(field_search, me->store, text("no JSON")));
        field_buffer_free(NULL);
    }
    return NULL;
}

void logging_chapter(const char *folder) {
    field_store store = opened(folder, "", NULL);
    pthread_t threads[LOGGERS + CALLERS];
    worker caller;
    logger last = {1};
    int n;
    memset(&caller, 0, sizeof caller);
    caller.store = store;
    for (n = 0; n < LOGGERS + CALLERS; n++) start(&threads[n], n < LOGGERS ? sets_the_log : is_refused, &caller);
    for (n = 0; n < LOGGERS + CALLERS; n++) pthread_join(threads[n], NULL);
    rows_of_what_was_seen("log set and unset");
    /* However the threads took turns, one line comes for certain. */
    field_set_log_callback(take_line, &last);
    asked(field_search, store, text("no JSON"));
    field_set_log_callback(NULL, NULL);
    row(set_by_a_line, "within a line: field_set_log_callback");
    fact(lines > 0, "lines came");
    fact(lines_of_the_dead, "lines to who had gone");
    row(field_close(store), "afterwards: field_close");
}
