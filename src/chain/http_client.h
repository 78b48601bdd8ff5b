#pragma once
// One kept-alive HTTP/1.1 connection, plain or TLS by the URL's scheme. Blocking, confined to one thread.
//
// Error codes: "bad_url" (refused), "http_unreachable" (retry: nothing was sent), "http_lost" (in doubt: the
// request went out, no whole answer came back), "http_too_large" (in doubt: the answer passes the bound),
// "http_not_allowed" (refused: no address of the host may be connected to). Redirects are not followed.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.h"

namespace paytick::chain {

struct HttpOptions {
  std::chrono::milliseconds timeout{10'000};  // of a whole exchange, connecting included
  std::size_t answer_bytes_max =
      32 * 1024 * 1024;  // a page of events or a transaction's meta stays far below
  std::string user_agent = "paytick";
  std::string bearer = {};  // sent as Authorization: Bearer …, when it is not empty
  // Asked about each address that the host's name stands for, just before it is connected to; nothing: all
  // may be.
  std::function<bool(const std::string& address)> may_connect = {};
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

class HttpClient {
 public:
  static Result<HttpClient> create(std::string_view url, HttpOptions options = {});
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // To the URL's path; JSON unless the headers say otherwise.
  Result<HttpAnswer> post(std::string_view body, const HttpHeaders& headers = {});
  Result<HttpAnswer> get(std::string_view target);     // an absolute path with its query
  Result<HttpAnswer> remove(std::string_view target);  // DELETE; as get()
  std::string_view path() const;

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::chain
