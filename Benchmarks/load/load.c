/* The load generator and the measuring collector of the benchmark, in one process.
 *
 *   load --brokers B --requests T --responses T --count N [--rate PER_SECOND] [--prefix P] [--model M]
 *        [--expect TEXT] [--pids 1,2] [--timeout-s S] [--grace-ms MS]
 *
 * Reads the end of every response partition, sends N request envelopes (all at once, or evenly spaced at an open-loop
 * rate), reads the responses until every id was answered, waits the grace time for doubled answers, and prints one
 * JSON object. Latency is the response record's timestamp less the time at which the request was handed to the producer.
 * A record's timestamp has whole milliseconds, cut off: half a millisecond is added, the mean of what is lost.
 * With --pids it reads those processes' CPU clocks (nanoseconds, user and system, all threads) just before the first
 * request and when the last answer arrived. Exit code: 0 all answered exactly once and correctly, 1 not so, 2 cannot run. */
#define _GNU_SOURCE
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PIDS = 64, WAIT_MS = 5 };

static struct {
    const char *brokers, *requests, *responses, *prefix, *model, *expect;
    int count, timeout_s, grace_ms, pid_count;
    double rate;
    pid_t pids[MAX_PIDS];
} options = {.prefix = "b", .model = "bench", .timeout_s = 120, .grace_ms = 300};

static int64_t *sent_us, *latency_us, *received_us;
static unsigned char *seen;
static atomic_llong late_max_us, send_failures;

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The CPU time of other processes, by the clock id that clock_getcpuclockid(3) gives. */
static double cpu_ms(void) {
    double total = 0;
    for (int i = 0; i < options.pid_count; i++) {
        clockid_t clock;
        struct timespec t;
        if (clock_getcpuclockid(options.pids[i], &clock) != 0 || clock_gettime(clock, &t) != 0)
            die("cannot read the CPU time of process %d: has it ended?", (int)options.pids[i]);
        total += t.tv_sec * 1e3 + t.tv_nsec / 1e6;
    }
    return total;
}

static void set(rd_kafka_conf_t *configuration, const char *name, const char *value) {
    char error[256];
    if (rd_kafka_conf_set(configuration, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) die("%s", error);
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *configuration) {
    char error[256];
    set(configuration, "bootstrap.servers", options.brokers);
    rd_kafka_t *handle = rd_kafka_new(type, configuration, error, sizeof error);
    if (!handle) die("%s", error);
    return handle;
}

static int partition_count(rd_kafka_t *handle, const char *topic) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *reference = rd_kafka_topic_new(handle, topic, NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, reference, &metadata, 10000);
    if (code) die("metadata of %s: %s", topic, rd_kafka_err2str(code));
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(reference);
    if (count < 1) die("topic %s has no partitions", topic);
    return count;
}

static rd_kafka_t *open_collector(void) {
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    char wait[16];
    snprintf(wait, sizeof wait, "%d", WAIT_MS);
    set(configuration, "group.id", "benchmark-collector");
    set(configuration, "enable.auto.commit", "false");
    set(configuration, "fetch.wait.max.ms", wait);
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, configuration);
    rd_kafka_poll_set_consumer(consumer);
    int partitions = partition_count(consumer, options.responses);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++) {
        int64_t low, high;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(consumer, options.responses, i, &low, &high, 10000);
        if (code) die("end of %s/%d: %s", options.responses, i, rd_kafka_err2str(code));
        rd_kafka_topic_partition_list_add(list, options.responses, i)->offset = high;
    }
    if (rd_kafka_assign(consumer, list)) die("cannot read %s", options.responses);
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
}

static void delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque) {
    (void)handle, (void)opaque;
    if (message->err) send_failures++;
}

static rd_kafka_t *open_producer(void) {
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    set(configuration, "acks", "all");
    set(configuration, "linger.ms", options.rate > 0 ? "0" : "5");
    set(configuration, "queue.buffering.max.messages", "1000000");
    rd_kafka_conf_set_dr_msg_cb(configuration, delivered);
    return client(RD_KAFKA_PRODUCER, configuration);
}

static void *send_all(void *argument) {
    rd_kafka_t *producer = argument;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, options.requests, NULL);
    int partitions = partition_count(producer, options.requests);
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    int64_t step_ns = options.rate > 0 ? (int64_t)(1e9 / options.rate) : 0;
    for (int i = 0; i < options.count; i++) {
        if (step_ns) {
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) {}
            struct timespec actual;
            clock_gettime(CLOCK_MONOTONIC, &actual);
            int64_t late = (actual.tv_sec - due.tv_sec) * 1000000 + (actual.tv_nsec - due.tv_nsec) / 1000;
            if (late > late_max_us) late_max_us = late;
            due.tv_nsec += step_ns;
            due.tv_sec += due.tv_nsec / 1000000000;
            due.tv_nsec %= 1000000000;
        }
        char key[64], value[1024];
        int key_length = snprintf(key, sizeof key, "%s-%07d", options.prefix, i);
        int value_length = snprintf(value, sizeof value,
            "{\"id\":\"%s\",\"type\":\"chat\",\"model\":\"%s\",\"messages\":["
            "{\"role\":\"system\",\"content\":\"Answer in one short sentence and name your source.\"},"
            "{\"role\":\"user\",\"content\":\"Question %d: a train leaves the station at %02d:%02d and travels at %d km/h; "
            "another follows after half an hour at %d km/h. When and where does the second one catch up with the first?\"}]}",
            key, options.model, i, i % 24, i % 60, 60 + i % 40, 110 + i % 50);
        sent_us[i] = now_us();
        while (rd_kafka_produce(topic, i % partitions, RD_KAFKA_MSG_F_COPY, value, value_length, key, key_length, NULL)) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                die("cannot send: %s", rd_kafka_err2str(rd_kafka_last_error()));
            rd_kafka_poll(producer, 10);
        }
        if (i % 64 == 0) rd_kafka_poll(producer, 0);
    }
    if (rd_kafka_flush(producer, 30000)) die("the broker did not take all requests");
    rd_kafka_topic_destroy(topic);
    return NULL;
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void print_percentiles(const char *name, int64_t *values, int count) {
    qsort(values, count, sizeof *values, ascending);
    double sum = 0;
    for (int i = 0; i < count; i++) sum += values[i];
    printf(",\"%s\":{\"mean\":%.3f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f}", name, sum / count / 1e3,
           values[count / 2] / 1e3, values[(int64_t)count * 90 / 100] / 1e3, values[(int64_t)count * 99 / 100] / 1e3,
           values[count - 1] / 1e3);
}

static void read_options(int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (!value) die("%s needs a value", name);
        if (!strcmp(name, "--brokers")) options.brokers = value;
        else if (!strcmp(name, "--requests")) options.requests = value;
        else if (!strcmp(name, "--responses")) options.responses = value;
        else if (!strcmp(name, "--prefix")) options.prefix = value;
        else if (!strcmp(name, "--model")) options.model = value;
        else if (!strcmp(name, "--expect")) options.expect = value;
        else if (!strcmp(name, "--count")) options.count = atoi(value);
        else if (!strcmp(name, "--rate")) options.rate = atof(value);
        else if (!strcmp(name, "--timeout-s")) options.timeout_s = atoi(value);
        else if (!strcmp(name, "--grace-ms")) options.grace_ms = atoi(value);
        else if (!strcmp(name, "--pids")) {
            for (char *end; *value && options.pid_count < MAX_PIDS; value = *end ? end + 1 : end)
                options.pids[options.pid_count++] = strtol(value, &end, 10);
        } else die("unknown option %s", name);
    }
    if (!options.brokers || !options.requests || !options.responses || options.count < 1)
        die("--brokers, --requests, --responses and --count are required");
    if (strlen(options.prefix) > 40 || strlen(options.model) > 100) die("prefix or model is too long");
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    sent_us = calloc(options.count, sizeof *sent_us);
    latency_us = calloc(options.count, sizeof *latency_us);
    received_us = calloc(options.count, sizeof *received_us);
    seen = calloc(options.count, 1);
    if (!sent_us || !latency_us || !received_us || !seen) die("out of memory");

    rd_kafka_t *consumer = open_collector();
    rd_kafka_t *producer = open_producer();
    partition_count(producer, options.requests);

    double cpu_start = cpu_ms(), cpu_end = cpu_start;
    int64_t started = now_us(), last_arrival = started, last_response_ms = 0, first_response_ms = INT64_MAX;
    int64_t give_up = started + (int64_t)options.timeout_s * 1000000, end = give_up;
    if (options.rate > 0) end = give_up += (int64_t)(options.count / options.rate * 1e6);
    pthread_t sender;
    pthread_create(&sender, NULL, send_all, producer);

    char marker[64];
    int marker_length = snprintf(marker, sizeof marker, "\"id\":\"%s-", options.prefix);
    int answered = 0, doubled = 0, wrong = 0;
    long long foreign = 0;
    while (now_us() < end) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 20);
        if (!message) continue;
        if (message->err) {
            if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) fprintf(stderr, "load: %s\n", rd_kafka_message_errstr(message));
            rd_kafka_message_destroy(message);
            continue;
        }
        const char *id = memmem(message->payload, message->len, marker, marker_length);
        int index = -1;
        if (id && id + marker_length + 7 <= (char *)message->payload + message->len) index = atoi(id + marker_length);
        if (index < 0 || index >= options.count) {
            foreign++;
        } else if (seen[index]) {
            doubled++;
        } else {
            int64_t arrival = now_us(), stamp_ms = rd_kafka_message_timestamp(message, NULL);
            seen[index] = 1;
            if (!memmem(message->payload, message->len, "\"status\":\"ok\"", 13) ||
                (options.expect && !memmem(message->payload, message->len, options.expect, strlen(options.expect)))) {
                if (wrong++ == 0) fprintf(stderr, "load: wrong answer: %.*s\n", (int)message->len, (char *)message->payload);
            }
            latency_us[answered] = stamp_ms * 1000 + 500 - sent_us[index];
            received_us[answered] = arrival - sent_us[index];
            if (stamp_ms > last_response_ms) last_response_ms = stamp_ms;
            if (stamp_ms < first_response_ms) first_response_ms = stamp_ms;
            if (++answered == options.count) {
                cpu_end = cpu_ms();
                last_arrival = arrival;
                end = now_us() + (int64_t)options.grace_ms * 1000;
            }
        }
        rd_kafka_message_destroy(message);
    }
    if (answered < options.count) {
        cpu_end = cpu_ms();
        last_arrival = now_us();
    }
    pthread_join(sender, NULL);

    double seconds = (last_response_ms * 1000 + 500 - started) / 1e6;
    printf("{\"count\":%d,\"answered\":%d,\"missing\":%d,\"doubled\":%d,\"wrong\":%d,\"foreign\":%lld,\"unsent\":%lld",
           options.count, answered, options.count - answered, doubled, wrong, foreign, (long long)send_failures);
    printf(",\"first_request_us\":%lld,\"first_response_ms\":%lld,\"last_response_ms\":%lld", (long long)started,
           (long long)(answered ? first_response_ms : 0), (long long)last_response_ms);
    printf(",\"seconds\":%.4f,\"received_seconds\":%.4f,\"requests_per_s\":%.1f,\"cpu_ms\":%.3f,\"sender_late_max_ms\":%.3f",
           answered ? seconds : 0, (last_arrival - started) / 1e6, answered ? answered / seconds : 0, cpu_end - cpu_start,
           late_max_us / 1e3);
    if (answered) {
        print_percentiles("latency_ms", latency_us, answered);
        print_percentiles("received_ms", received_us, answered);
    }
    puts("}");
    fflush(stdout);
    rd_kafka_destroy(producer);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return answered < options.count || doubled || wrong || foreign || send_failures ? 1 : 0;
}
