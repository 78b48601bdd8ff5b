#include "ingest/server/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace paytick::ingest::server {
namespace {

// What OpenSSL reads and writes through: without waiting, and without a signal for a peer that is gone.
int fd_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int moved(BIO* bio, ssize_t n, int retry) {
  BIO_clear_retry_flags(bio);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_flags(bio, retry);
  return static_cast<int>(n);
}

BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOCKET, "socket");
    BIO_meth_set_read(made, [](BIO* bio, char* to, int size) {
      return moved(bio, ::recv(fd_of(bio), to, static_cast<std::size_t>(size), MSG_DONTWAIT),
                   BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
    });
    BIO_meth_set_write(made, [](BIO* bio, const char* from, int size) {
      return moved(bio, ::send(fd_of(bio), from, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL),
                   BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
    });
    BIO_meth_set_ctrl(
        made, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH ? 1 : 0; });
    return made;
  }();
  return method;
}

// The one protocol that is spoken here, for those who ask.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void*) {
  static constexpr unsigned char kHttp[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp, sizeof kHttp, in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int limited(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

Tls::Tls(ssl_ctx_st* context, int socket) : ssl_(SSL_new(context)) {
  BIO* const bio = BIO_new(socket_method());
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));  // NOLINT
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
}

Tls::~Tls() { SSL_free(ssl_); }

Tls::Step Tls::step(int result) const {
  if (result > 0) return {State::done, static_cast<std::size_t>(result)};
  const int error = SSL_get_error(ssl_, result);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ) return {State::want_read, 0};
  if (error == SSL_ERROR_WANT_WRITE) return {State::want_write, 0};
  return {State::ended, 0};
}

Tls::Step Tls::handshake() { return step(SSL_do_handshake(ssl_)); }
Tls::Step Tls::read(char* to, std::size_t size) { return step(SSL_read(ssl_, to, limited(size))); }
Tls::Step Tls::write(const char* from, std::size_t size) {
  return step(SSL_write(ssl_, from, limited(size)));
}
bool Tls::holds_unread() const { return SSL_pending(ssl_) > 0; }
void Tls::say_goodbye() {
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

Certificate::~Certificate() = default;

Result<std::unique_ptr<Certificate>> Certificate::open(std::string certificate_file, std::string key_file) {
  std::unique_ptr<Certificate> made(new Certificate(std::move(certificate_file), std::move(key_file)));
  if (auto loaded = made->reload(); !loaded) return tl::unexpected(std::move(loaded.error()));
  return made;
}

Result<Certificate::Context> Certificate::load() const {
  const Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const auto wrong = [&](const std::string& what) {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return fail("bad_certificate",
                what + (reason == nullptr ? std::string() : std::string(": ") + reason) + ".");
  };
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets do without memory
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  // Nobody is there to be asked for a password.
  SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file_.c_str()) != 1)
    return wrong(certificate_file_ + " holds no certificate");
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file_.c_str(), SSL_FILETYPE_PEM) != 1)
    return wrong(key_file_ + " holds no key of this certificate");
  if (SSL_CTX_check_private_key(context.get()) != 1)
    return wrong(key_file_ + " is not the key of the certificate in " + certificate_file_);
  return context;
}

Result<void> Certificate::reload() {
  auto loaded = load();
  if (!loaded) return tl::unexpected(std::move(loaded.error()));
  const std::lock_guard lock(mutex_);
  context_ = std::move(*loaded);
  return {};
}

std::unique_ptr<Tls> Certificate::accept(int socket) {
  const std::lock_guard lock(mutex_);
  return std::make_unique<Tls>(context_.get(), socket);  // which keeps the context
}

}  // namespace paytick::ingest::server
