#include "app/roles/stripe_http.h"

#include "chain/http_client.h"

namespace paytick::app {
namespace {

using ingest::payments::StripeAnswer;

// Below the time in which the request of our own client must be answered.
constexpr std::chrono::milliseconds kPatience{8'000};
constexpr std::size_t kAnswerBytesMax = 1024 * 1024;
// Answers keep the shape of this version, whatever the account's own one is.
constexpr const char* kVersion = "2024-06-20";

Result<chain::HttpClient> connect(const std::string& url, std::string_view path, const std::string& secret) {
  return chain::HttpClient::create(
      url + std::string(path), {.timeout = kPatience, .answer_bytes_max = kAnswerBytesMax, .bearer = secret});
}

Result<StripeAnswer> answer_of(Result<chain::HttpAnswer> answer) {
  if (!answer) return tl::unexpected(answer.error());
  return StripeAnswer{answer->status, std::move(answer->body)};
}

}  // namespace

Result<StripeAnswer> StripeHttp::post(std::string_view path, std::string_view form,
                                      std::string_view idempotency_key) {
  auto client = connect(url_, path, secret_);
  if (!client) return tl::unexpected(client.error());
  return answer_of(client->post(form, {{"Content-Type", "application/x-www-form-urlencoded"},
                                       {"Idempotency-Key", std::string(idempotency_key)},
                                       {"Stripe-Version", kVersion}}));
}

Result<StripeAnswer> StripeHttp::get(std::string_view path) {
  auto client = connect(url_, path, secret_);
  if (!client) return tl::unexpected(client.error());
  return answer_of(client->get(client->path()));
}

}  // namespace paytick::app
