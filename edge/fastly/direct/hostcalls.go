//go:build tinygo

package direct

import "unsafe"

//go:wasmimport fastly_http_req body_downstream_get
func reqDownstream(req, body unsafe.Pointer) Status

//go:wasmimport fastly_http_req new
func reqNew(req unsafe.Pointer) Status

//go:wasmimport fastly_http_req method_get
func reqMethodGet(h Handle, buffer unsafe.Pointer, size uint32, written unsafe.Pointer) Status

//go:wasmimport fastly_http_req method_set
func reqMethodSet(h Handle, method unsafe.Pointer, size uint32) Status

//go:wasmimport fastly_http_req uri_get
func reqURIGet(h Handle, buffer unsafe.Pointer, size uint32, written unsafe.Pointer) Status

//go:wasmimport fastly_http_req uri_set
func reqURISet(h Handle, uri unsafe.Pointer, size uint32) Status

//go:wasmimport fastly_http_req header_names_get
func reqHeaderNames(h Handle, buffer unsafe.Pointer, size, cursor uint32, ending, written unsafe.Pointer) Status

//go:wasmimport fastly_http_req header_values_get
func reqHeaderValues(h Handle, name unsafe.Pointer, nameSize uint32, buffer unsafe.Pointer, size, cursor uint32, ending, written unsafe.Pointer) Status

//go:wasmimport fastly_http_req header_insert
func reqHeaderInsert(h Handle, name unsafe.Pointer, nameSize uint32, value unsafe.Pointer, size uint32) Status

//go:wasmimport fastly_http_req header_remove
func reqHeaderRemove(h Handle, name unsafe.Pointer, nameSize uint32) Status

//go:wasmimport fastly_http_req downstream_client_ip_addr
func reqClientIP(address, written unsafe.Pointer) Status

//go:wasmimport fastly_http_req cache_override_v2_set
func reqCacheOverride(h Handle, tag, ttl, stale uint32, key unsafe.Pointer, keySize uint32) Status

//go:wasmimport fastly_http_req send_async
func reqSendAsync(h, body Handle, backend unsafe.Pointer, size uint32, pending unsafe.Pointer) Status

//go:wasmimport fastly_http_req pending_req_wait
func reqWait(pending Handle, resp, body unsafe.Pointer) Status

//go:wasmimport fastly_async_io select
func asyncSelect(handles unsafe.Pointer, n, timeout uint32, ready unsafe.Pointer) Status

//go:wasmimport fastly_http_resp new
func respNew(resp unsafe.Pointer) Status

//go:wasmimport fastly_http_resp status_get
func respStatusGet(h Handle, status unsafe.Pointer) Status

//go:wasmimport fastly_http_resp status_set
func respStatusSet(h Handle, status uint32) Status

//go:wasmimport fastly_http_resp header_names_get
func respHeaderNames(h Handle, buffer unsafe.Pointer, size, cursor uint32, ending, written unsafe.Pointer) Status

//go:wasmimport fastly_http_resp header_values_get
func respHeaderValues(h Handle, name unsafe.Pointer, nameSize uint32, buffer unsafe.Pointer, size, cursor uint32, ending, written unsafe.Pointer) Status

//go:wasmimport fastly_http_resp header_insert
func respHeaderInsert(h Handle, name unsafe.Pointer, nameSize uint32, value unsafe.Pointer, size uint32) Status

//go:wasmimport fastly_http_resp header_append
func respHeaderAppend(h Handle, name unsafe.Pointer, nameSize uint32, value unsafe.Pointer, size uint32) Status

//go:wasmimport fastly_http_resp header_remove
func respHeaderRemove(h Handle, name unsafe.Pointer, nameSize uint32) Status

//go:wasmimport fastly_http_resp send_downstream
func respSend(h, body Handle, streaming uint32) Status

//go:wasmimport fastly_http_body new
func bodyNew(body unsafe.Pointer) Status

//go:wasmimport fastly_http_body read
func bodyRead(h Handle, buffer unsafe.Pointer, size uint32, read unsafe.Pointer) Status

//go:wasmimport fastly_http_body write
func bodyWrite(h Handle, buffer unsafe.Pointer, size, end uint32, written unsafe.Pointer) Status

//go:wasmimport fastly_http_body close
func bodyClose(h Handle) Status

//go:wasmimport fastly_backend exists
func backendExists(name unsafe.Pointer, size uint32, exists unsafe.Pointer) Status

//go:wasmimport fastly_geo lookup
func geoLookup(address unsafe.Pointer, addressSize uint32, buffer unsafe.Pointer, size uint32, written unsafe.Pointer) Status

//go:wasmimport fastly_log endpoint_get
func logEndpoint(name unsafe.Pointer, size uint32, endpoint unsafe.Pointer) Status

//go:wasmimport fastly_log write
func logWrite(h Handle, line unsafe.Pointer, size uint32, written unsafe.Pointer) Status

//go:wasmimport fastly_config_store open
func configOpen(name unsafe.Pointer, size uint32, store unsafe.Pointer) Status

//go:wasmimport fastly_config_store get
func configGet(h Handle, key unsafe.Pointer, keySize uint32, buffer unsafe.Pointer, size uint32, written unsafe.Pointer) Status

//go:wasmimport fastly_secret_store open
func secretOpen(name unsafe.Pointer, size uint32, store unsafe.Pointer) Status

//go:wasmimport fastly_secret_store get
func secretGet(h Handle, key unsafe.Pointer, keySize uint32, secret unsafe.Pointer) Status

//go:wasmimport fastly_secret_store plaintext
func secretPlaintext(h Handle, buffer unsafe.Pointer, size uint32, written unsafe.Pointer) Status

//go:wasmimport fastly_kv_store open
func kvOpen(name unsafe.Pointer, size uint32, store unsafe.Pointer) Status

//go:wasmimport fastly_kv_store lookup
func kvLookup(h Handle, key unsafe.Pointer, keySize, mask uint32, options, lookup unsafe.Pointer) Status

//go:wasmimport fastly_kv_store lookup_wait_v2
func kvWait(h Handle, body, metadata unsafe.Pointer, size uint32, written, generation, problem unsafe.Pointer) Status

//go:wasmimport fastly_cache transaction_lookup
func cacheLookup(key unsafe.Pointer, keySize, mask uint32, options, entry unsafe.Pointer) Status

//go:wasmimport fastly_cache lookup
func cacheRecall(key unsafe.Pointer, keySize, mask uint32, options, entry unsafe.Pointer) Status

//go:wasmimport fastly_cache insert
func cacheRemember(key unsafe.Pointer, keySize, mask uint32, options, body unsafe.Pointer) Status

//go:wasmimport fastly_cache get_state
func cacheState(h Handle, state unsafe.Pointer) Status

//go:wasmimport fastly_cache get_user_metadata
func cacheMetadata(h Handle, buffer unsafe.Pointer, size uint32, written unsafe.Pointer) Status

//go:wasmimport fastly_cache get_length
func cacheLength(h Handle, length unsafe.Pointer) Status

//go:wasmimport fastly_cache get_body
func cacheBody(h Handle, mask uint32, options, body unsafe.Pointer) Status

//go:wasmimport fastly_cache transaction_insert
func cacheInsert(h Handle, mask uint32, options, body unsafe.Pointer) Status

//go:wasmimport fastly_cache transaction_update
func cacheUpdate(h Handle, mask uint32, options unsafe.Pointer) Status

//go:wasmimport fastly_cache close
func cacheClose(h Handle) Status

//go:wasmimport wasi_snapshot_preview1 clock_time_get
func clockTimeGet(clock uint32, precision uint64, nanos unsafe.Pointer) uint32

//go:wasmimport wasi_snapshot_preview1 random_get
func randomGet(buffer unsafe.Pointer, size uint32) uint32

//go:wasmimport wasi_snapshot_preview1 environ_sizes_get
func environSizesGet(n, size unsafe.Pointer) uint32

//go:wasmimport wasi_snapshot_preview1 environ_get
func environGet(starts, texts unsafe.Pointer) uint32
