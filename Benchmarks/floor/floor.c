/* The floor of the benchmark: the least that moves a request from Kafka over HTTP back to Kafka with these libraries.
 *
 *   floor --brokers B --requests T --responses T --url U [--concurrency 256] [--fetch-wait-ms 2]
 *
 * One thread with epoll drives a librdkafka consumer, a curl multi handle and a librdkafka producer, none of them polled.
 * The message's bytes are posted as they are; the answer's bytes are produced as they are, behind the id, which is the
 * message's key. Nothing is parsed. A request is done when its delivery report says so; the offset below which all are
 * done is stored and committed every second. Runs until SIGTERM or SIGINT, then finishes what is in flight. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { RING = 1 << 16, MAX_PARTITIONS = 1024, SAFETY_POLL_MS = 1000 };

typedef struct slot {
    CURL *easy;
    rd_kafka_message_t *message;
    char *body;
    size_t length, capacity;
    struct slot *next_free;
} slot;

/* Which offsets of a partition are done: a ring of flags from the first that is not. */
typedef struct {
    int64_t base;
    int known;
    unsigned char done[RING];
} tracker;

static rd_kafka_t *consumer, *producer;
static rd_kafka_queue_t *input;
static rd_kafka_topic_t *responses;
static CURLM *multi;
static slot *slots, *free_slots;
static tracker *trackers[MAX_PARTITIONS];
static int loop_fd, timer_fd, input_fd, reports_fd, signal_fd;
static int free_count, in_flight, more_input, stopping, concurrency = 256;

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("floor: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void track_start(const rd_kafka_message_t *message) {
    if (message->partition >= MAX_PARTITIONS) die("more than %d partitions", MAX_PARTITIONS);
    tracker **t = &trackers[message->partition];
    if (!*t && !(*t = calloc(1, sizeof **t))) die("out of memory");
    if (!(*t)->known) {
        (*t)->known = 1;
        (*t)->base = message->offset;
    }
    if (message->offset - (*t)->base >= RING) die("more than %d requests behind one that is not done", RING);
}

static void track_done(const rd_kafka_message_t *message) {
    tracker *t = trackers[message->partition];
    int64_t before = t->base;
    t->done[message->offset % RING] = 1;
    while (t->done[t->base % RING]) t->done[t->base++ % RING] = 0;
    if (t->base != before) rd_kafka_offset_store(message->rkt, message->partition, t->base - 1);
}

static void delivered(rd_kafka_t *handle, const rd_kafka_message_t *report, void *opaque) {
    (void)handle, (void)opaque;
    if (report->err) die("a response was not delivered: %s", rd_kafka_err2str(report->err));
    slot *s = report->_private;
    track_done(s->message);
    rd_kafka_message_destroy(s->message);
    s->next_free = free_slots;
    free_slots = s;
    free_count++;
    in_flight--;
}

static size_t take_body(char *data, size_t size, size_t count, void *user) {
    slot *s = user;
    size *= count;
    if (s->length + size + 1 > s->capacity) {
        s->capacity = (s->length + size + 1) * 2;
        if (!(s->body = realloc(s->body, s->capacity))) die("out of memory");
    }
    memcpy(s->body + s->length, data, size);
    s->length += size;
    return size;
}

static void append(slot *s, const char *data, size_t size) { take_body((char *)data, 1, size, s); }

static void start_request(slot *s, rd_kafka_message_t *message) {
    track_start(message);
    s->message = message;
    s->length = 0;
    append(s, "{\"id\":\"", 7);
    append(s, message->key, message->key_len);
    append(s, "\",\"status\":\"ok\",\"response\":", 27);
    curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)message->len);
    curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, message->payload);
    curl_multi_add_handle(multi, s->easy);
    in_flight++;
}

static int take_input(void) {
    static rd_kafka_message_t *messages[4096];
    int started = 0;
    while (more_input && free_count > 0 && !stopping) {
        int wanted = free_count < 4096 ? free_count : 4096;
        ssize_t count = rd_kafka_consume_batch_queue(input, 0, messages, wanted);
        if (count < wanted) more_input = 0;
        for (ssize_t i = 0; i < count; i++) {
            if (messages[i]->err) {
                rd_kafka_message_destroy(messages[i]);
                continue;
            }
            slot *s = free_slots;
            free_slots = s->next_free;
            free_count--;
            start_request(s, messages[i]);
            started++;
        }
    }
    return started;
}

static void finish_requests(void) {
    CURLMsg *done;
    int left;
    while ((done = curl_multi_info_read(multi, &left))) {
        slot *s;
        long status = 0;
        CURLcode result = done->data.result;
        curl_easy_getinfo(done->easy_handle, CURLINFO_PRIVATE, &s);
        curl_easy_getinfo(done->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(multi, s->easy);
        if (result != CURLE_OK || status != 200) die("the provider failed: %s, status %ld", curl_easy_strerror(result), status);
        append(s, "}", 1);
        if (rd_kafka_produce(responses, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, s->body, s->length,
                             s->message->key, s->message->key_len, s))
            die("cannot produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
    }
}

static void watch(int fd, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(loop_fd, operation, fd, &event) != 0 && operation != EPOLL_CTL_DEL) die("epoll_ctl failed");
}

static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *user, void *known) {
    (void)easy, (void)user;
    if (what == CURL_POLL_REMOVE) {
        watch(fd, 0, EPOLL_CTL_DEL);
        return 0;
    }
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    watch(fd, events, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD);
    if (!known) curl_multi_assign(multi, fd, multi);
    return 0;
}

static int timer_changed(CURLM *handle, long timeout_ms, void *user) {
    (void)handle, (void)user;
    struct itimerspec time = {0};
    if (timeout_ms >= 0) {
        time.it_value.tv_sec = timeout_ms / 1000;
        time.it_value.tv_nsec = timeout_ms % 1000 * 1000000 + 1;
    }
    timerfd_settime(timer_fd, 0, &time, NULL);
    return 0;
}

static void set(rd_kafka_conf_t *configuration, const char *name, const char *value) {
    char error[256];
    if (rd_kafka_conf_set(configuration, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) die("%s", error);
}

static void open_kafka(const char *brokers, const char *requests, const char *response_topic, const char *fetch_wait) {
    char error[256];
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    set(configuration, "bootstrap.servers", brokers);
    set(configuration, "group.id", "floor");
    set(configuration, "auto.offset.reset", "earliest");
    set(configuration, "enable.auto.offset.store", "false");
    set(configuration, "auto.commit.interval.ms", "1000");
    set(configuration, "fetch.wait.max.ms", fetch_wait);
    if (!(consumer = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, error, sizeof error))) die("%s", error);
    rd_kafka_poll_set_consumer(consumer);
    input = rd_kafka_queue_get_consumer(consumer);
    rd_kafka_queue_io_event_enable(input, input_fd, &(uint64_t){1}, 8);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, requests, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer, topics);
    if (code) die("cannot subscribe: %s", rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(topics);

    configuration = rd_kafka_conf_new();
    set(configuration, "bootstrap.servers", brokers);
    set(configuration, "acks", "all");
    set(configuration, "enable.idempotence", "true");
    set(configuration, "compression.type", "lz4");
    set(configuration, "linger.ms", "5");
    rd_kafka_conf_set_dr_msg_cb(configuration, delivered);
    if (!(producer = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, error, sizeof error))) die("%s", error);
    rd_kafka_queue_io_event_enable(rd_kafka_queue_get_main(producer), reports_fd, &(uint64_t){1}, 8);
    responses = rd_kafka_topic_new(producer, response_topic, NULL);
}

static void open_http(const char *url) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Accept: application/json");
    headers = curl_slist_append(headers, "Authorization: Bearer benchmark");
    headers = curl_slist_append(headers, "Expect:");
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_changed);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)concurrency);
    if (!(slots = calloc(concurrency, sizeof *slots))) die("out of memory");
    for (int i = 0; i < concurrency; i++) {
        slot *s = &slots[i];
        s->easy = curl_easy_init();
        curl_easy_setopt(s->easy, CURLOPT_URL, url);
        curl_easy_setopt(s->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(s->easy, CURLOPT_PROXY, "");
        curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, take_body);
        curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
        curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
        s->next_free = free_slots;
        free_slots = s;
    }
    free_count = concurrency;
}

int main(int argc, char **argv) {
    const char *brokers = NULL, *requests = NULL, *response_topic = NULL, *url = NULL, *fetch_wait = "2";
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (!value) die("%s needs a value", name);
        if (!strcmp(name, "--brokers")) brokers = value;
        else if (!strcmp(name, "--requests")) requests = value;
        else if (!strcmp(name, "--responses")) response_topic = value;
        else if (!strcmp(name, "--url")) url = value;
        else if (!strcmp(name, "--concurrency")) concurrency = atoi(value);
        else if (!strcmp(name, "--fetch-wait-ms")) fetch_wait = value;
        else die("unknown option %s", name);
    }
    if (!brokers || !requests || !response_topic || !url || concurrency < 1)
        die("--brokers, --requests, --responses and --url are required");

    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    loop_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    input_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    reports_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    signal_fd = signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC);
    for (int i = 0, fds[] = {timer_fd, input_fd, reports_fd, signal_fd}; i < 4; i++) watch(fds[i], EPOLLIN, EPOLL_CTL_ADD);
    open_http(url);
    open_kafka(brokers, requests, response_topic, fetch_wait);

    more_input = 1;
    while (!stopping || in_flight) {
        struct epoll_event events[256];
        int running, count = epoll_wait(loop_fd, events, 256, SAFETY_POLL_MS), reports = count == 0;
        if (count == 0) more_input = 1;
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            uint64_t ignored;
            if (fd == input_fd) {
                if (read(fd, &ignored, sizeof ignored) > 0) more_input = 1;
            } else if (fd == reports_fd) {
                if (read(fd, &ignored, sizeof ignored) > 0) reports = 1;
            } else if (fd == timer_fd) {
                if (read(fd, &ignored, sizeof ignored) > 0) curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
            } else if (fd == signal_fd) {
                stopping = 1;
            } else {
                int flags = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                            (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
                curl_multi_socket_action(multi, fd, flags, &running);
            }
        }
        if (reports) while (rd_kafka_poll(producer, 0) > 0) {}
        finish_requests();
        if (take_input()) curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    rd_kafka_flush(producer, 5000);
    rd_kafka_consumer_close(consumer);
    return 0;
}
