// libcurl's option calls are variadic; one typed wrapper for each kind of option.
#ifndef SWITCHYARD_CCURL_SHIM_H
#define SWITCHYARD_CCURL_SHIM_H

#include <curl/curl.h>

typedef size_t (*switchyard_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*switchyard_curl_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);
typedef int (*switchyard_curl_timer_callback)(CURLM *multi, long milliseconds, void *context);
typedef int (*switchyard_curl_ready_callback)(void *context, char *remote_address, char *local_address, int remote_port, int local_port);
typedef curl_socket_t (*switchyard_curl_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
typedef int (*switchyard_curl_close_callback)(void *context, curl_socket_t socket);

static inline CURLcode switchyard_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode switchyard_easy_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode switchyard_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode switchyard_easy_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode switchyard_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode switchyard_easy_set_data_callback(CURL *easy, CURLoption option, switchyard_curl_data_callback value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode switchyard_easy_set_ready_callback(CURL *easy, switchyard_curl_ready_callback value) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}
static inline CURLcode switchyard_easy_set_open_callback(CURL *easy, switchyard_curl_open_callback value) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, value);
}
static inline CURLcode switchyard_easy_set_close_callback(CURL *easy, switchyard_curl_close_callback value) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, value);
}
static inline CURLcode switchyard_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode switchyard_easy_get_time(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode switchyard_easy_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLMcode switchyard_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode switchyard_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode switchyard_multi_set_socket_callback(CURLM *multi, switchyard_curl_socket_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}
static inline CURLMcode switchyard_multi_set_timer_callback(CURLM *multi, switchyard_curl_timer_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value);
}
static inline CURLSHcode switchyard_share_set_long(CURLSH *share, CURLSHoption option, long value) {
    return curl_share_setopt(share, option, value);
}
// CURLMsg's result lies in a union that Swift sees only by field; these say which is meant.
static inline CURLcode switchyard_message_result(const CURLMsg *message) { return message->data.result; }

#endif
