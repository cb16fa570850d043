#ifndef SWITCHYARD_CRDKAFKA_SHIM_H
#define SWITCHYARD_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// rd_kafka_producev is variadic. Headers pass to librdkafka when the call succeeds and stay the caller's when it fails.
static inline rd_kafka_resp_err_t switchyard_kafka_produce(rd_kafka_t *rk, rd_kafka_topic_t *topic, int flags,
                                                           const void *key, size_t key_size,
                                                           void *value, size_t value_size,
                                                           rd_kafka_headers_t *headers, void *opaque) {
    if (headers != NULL) {
        return rd_kafka_producev(rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
                                 RD_KAFKA_V_MSGFLAGS(flags), RD_KAFKA_V_KEY(key, key_size),
                                 RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_OPAQUE(opaque),
                                 RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    }
    return rd_kafka_producev(rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
                             RD_KAFKA_V_MSGFLAGS(flags), RD_KAFKA_V_KEY(key, key_size),
                             RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

#endif
