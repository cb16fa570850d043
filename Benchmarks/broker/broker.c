/* A Kafka broker for benchmarks: librdkafka's mock cluster in a process of its own.
 *
 *   broker --topics a,b --partitions 16 --brokers 1 --address-file FILE
 *
 * Takes the options of `switchyard broker`, so that the harness can use either. Runs until SIGTERM or SIGINT. */
#define _GNU_SOURCE
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, const char *why) {
    fprintf(stderr, "broker: %s: %s\n", what, why);
    return 1;
}

static int write_address(const char *path, const char *address) {
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.new", path) < 0) return fail(path, "out of memory");
    FILE *file = fopen(temporary, "w");
    if (!file || fprintf(file, "%s\n", address) < 0 || fclose(file) != 0 || rename(temporary, path) != 0)
        return fail(path, "cannot write the address");
    free(temporary);
    return 0;
}

int main(int argc, char **argv) {
    char *topics = NULL;
    const char *address_file = NULL;
    int partitions = 16, brokers = 1;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) return fail(argv[i], "needs a value");
        if (!strcmp(argv[i], "--topics")) topics = argv[i + 1];
        else if (!strcmp(argv[i], "--partitions")) partitions = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--brokers")) brokers = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--address-file")) address_file = argv[i + 1];
        else return fail(argv[i], "unknown option");
    }

    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);

    char error[512];
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof error);
    if (!handle) return fail("rd_kafka_new", error);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(handle, brokers);
    if (!cluster) return fail("rd_kafka_mock_cluster_new", "no cluster");
    for (char *state = NULL, *topic = topics ? strtok_r(topics, ",", &state) : NULL; topic;
         topic = strtok_r(NULL, ",", &state)) {
        rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(cluster, topic, partitions, 1);
        if (code) return fail(topic, rd_kafka_err2str(code));
    }
    const char *address = rd_kafka_mock_cluster_bootstraps(cluster);
    if (address_file && write_address(address_file, address)) return 1;
    printf("%s\n", address);
    fflush(stdout);

    int received;
    sigwait(&stop, &received);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);
    return 0;
}
