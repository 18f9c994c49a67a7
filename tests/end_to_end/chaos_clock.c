/* Loaded before the C library, shifts what a node takes for the time of day by the number of
   nanoseconds in the file TANJI_TEST_CLOCK, read anew each time. The monotonic clock is left alone,
   as a jump of the system's clock leaves it; an absolute wait ends by the shifted clock. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t zero;
static const volatile int64_t *offset = &zero;
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t,
                             const struct timespec *);

__attribute__((constructor)) static void begin(void) {
    real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    real_clockwait = (int (*)(pthread_cond_t *, pthread_mutex_t *, clockid_t,
                              const struct timespec *))dlsym(RTLD_NEXT, "pthread_cond_clockwait");
    const char *path = getenv("TANJI_TEST_CLOCK");
    const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        return;
    }
    void *map = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) {
        offset = map;
    }
    close(file);
}

static void shift(struct timespec *time, int64_t by) {
    const int64_t billion = 1000000000;
    const int64_t sum = (int64_t)time->tv_sec * billion + time->tv_nsec + by;
    time->tv_sec = sum / billion;
    time->tv_nsec = sum % billion;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!real_gettime) {
        begin();
    }
    const int status = real_gettime(clock, time);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        shift(time, *offset);
    }
    return status;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    const int status = clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return status;
}

time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) {
        *into = now.tv_sec;
    }
    return now.tv_sec;
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *until) {
    struct timespec real = *until;
    if (clock == CLOCK_REALTIME) {
        shift(&real, -*offset);
    }
    return real_clockwait(condition, mutex, clock, &real);
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, until);
}
