#pragma once
// TLS with a certificate and key from files. A Certificate hands out the state of new connections; after a
// reload, new ones use what the files say now, and those that are open go on as they are. TLS 1.2 and 1.3.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "model/error.h"

struct ssl_st;
struct ssl_ctx_st;

namespace paytick::ingest::server {

// The TLS of one connection, over a socket that it does not own; nothing waits.
class Tls {
 public:
  enum class State : std::uint8_t { done, want_read, want_write, ended };
  struct Step {
    State state = State::ended;
    std::size_t bytes = 0;
  };

  Tls(ssl_ctx_st* context, int socket);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  Step handshake();
  Step read(char* to, std::size_t size);
  // After want_write: again with the same bytes, or the same and more.
  Step write(const char* from, std::size_t size);
  bool holds_unread() const;  // what no wait for the socket will tell of
  void say_goodbye();         // close_notify, as far as the kernel takes it

 private:
  Step step(int result) const;
  ssl_st* ssl_;
};

class Certificate {
 public:
  // Codes "bad_certificate", with the file and what is wrong about it.
  static Result<std::unique_ptr<Certificate>> open(std::string certificate_file, std::string key_file);
  ~Certificate();

  // After a failure, what was read before stays in use. Any thread, as for the next.
  Result<void> reload();
  std::unique_ptr<Tls> accept(int socket);

 private:
  using Context = std::shared_ptr<ssl_ctx_st>;
  Certificate(std::string certificate_file, std::string key_file)
      : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}
  Result<Context> load() const;

  const std::string certificate_file_, key_file_;
  std::mutex mutex_;
  Context context_;
};

}  // namespace paytick::ingest::server
