// Buying tokens: what is asked of Stripe, and what its events mean.

#include <gtest/gtest.h>

#include <deque>

#include "ingest/payments/development_provider.h"
#include "ingest/payments/form.h"
#include "ingest/payments/stripe_events.h"
#include "ingest/payments/stripe_provider.h"
#include "ingest/payments/stripe_signature.h"

namespace paytick::ingest::payments {
namespace {

using Kind = PaymentEvent::Kind;

constexpr TimeMs kNow{1'800'000'000'000};
constexpr std::string_view kSecret = "whsec_test_secret";

// Answers what it was told to, and keeps what it was asked.
class FakeApi final : public StripeApi {
 public:
  struct Asked {
    std::string path, form, key;
  };
  Result<StripeAnswer> post(std::string_view path, std::string_view form, std::string_view key) override {
    asked.push_back({std::string(path), std::string(form), std::string(key)});
    return next();
  }
  Result<StripeAnswer> get(std::string_view path) override {
    asked.push_back({std::string(path), {}, {}});
    return next();
  }
  std::vector<Asked> asked;
  std::deque<Result<StripeAnswer>> answers;

 private:
  Result<StripeAnswer> next() {
    if (answers.empty()) return fail("http_unreachable", "nobody there", Next::retry);
    auto answer = answers.front();
    answers.pop_front();
    return answer;
  }
};

class StripeTest : public ::testing::Test {
 protected:
  StripeTest() {
    purchase_.viewer.bytes.fill(1);
    purchase_.meter.bytes.fill(2);
    purchase_.tokens = 500;
    purchase_.amount = Amount(500'000'000);
    purchase_.price = 499;
    purchase_.order = "order-1";
  }

  // An object's metadata, as Stripe gives it back.
  std::string metadata() const {
    std::string out = R"("metadata":{"order":"of another system")";
    for (const auto& [name, value] : metadata_of(purchase_, "usd"))
      out.append(",\"").append(name).append("\":\"").append(value).append("\"");
    return out + "}";
  }
  static std::string event(const std::string& type, const std::string& object) {
    return R"({"id":"evt_1","object":"event","api_version":"2024-06-20","livemode":false,"type":")" + type +
           R"(","data":{"object":{)" + object + "}}}";
  }
  std::string session(const std::string& status, std::int64_t total = 499,
                      const std::string& currency = "usd") const {
    return R"("id":"cs_1","object":"checkout.session","payment_intent":"pi_1","payment_status":")" + status +
           R"(","amount_total":)" + std::to_string(total) + R"(,"currency":")" + currency + "\"," +
           metadata();
  }
  Result<PaymentEvent> read(const std::string& body) {
    return provider_.read_event(make_stripe_signature(body, kSecret, kNow.ms / 1'000), body, kNow);
  }

  TokenPurchase purchase_;
  FakeApi* api_ = new FakeApi;  // the provider's
  StripeProvider provider_{std::unique_ptr<StripeApi>(api_),
                           {.currency = "usd",
                            .success_url = "https://example.org/paid?a=1",
                            .cancel_url = "https://example.org/back",
                            .webhook_secrets = {std::string(kSecret)}}};
};

TEST_F(StripeTest, OpensACheckoutThatCarriesThePurchase) {
  api_->answers.push_back(StripeAnswer{200, R"({"id":"cs_1","url":"https://checkout.example/cs_1"})"});
  const auto checkout = provider_.begin(purchase_);
  ASSERT_TRUE(checkout);
  EXPECT_EQ(checkout->url, "https://checkout.example/cs_1");
  EXPECT_EQ(checkout->payment, "cs_1");
  EXPECT_FALSE(checkout->paid);
  ASSERT_EQ(api_->asked.size(), 1U);
  const auto& asked = api_->asked[0];
  EXPECT_EQ(asked.path, "/v1/checkout/sessions");
  EXPECT_EQ(asked.key, "paytick:" + to_text(purchase_.viewer) + ":order-1");
  for (const std::string part :
       {"mode=payment", "success_url=https%3A%2F%2Fexample.org%2Fpaid%3Fa%3D1",
        "line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D=499", "&metadata%5Bpaytick_units%5D=500000000",
        "payment_intent_data%5Bmetadata%5D%5Bpaytick_units%5D=500000000",
        "product_data%5D%5Bname%5D=500%20tokens"}) {
    EXPECT_NE(asked.form.find(part), std::string::npos) << part;
  }
}

TEST_F(StripeTest, TellsARefusalFromSilence) {
  EXPECT_EQ(provider_.begin(purchase_).error().code, "try_again");
  api_->answers.push_back(StripeAnswer{503, ""});
  EXPECT_EQ(provider_.begin(purchase_).error().code, "try_again");
  api_->answers.push_back(StripeAnswer{400, R"({"error":{"message":"Amount too small"}})"});
  const auto refused = provider_.begin(purchase_);
  EXPECT_EQ(refused.error().code, "payment_refused");
  EXPECT_NE(refused.error().message.find("Amount too small"), std::string::npos);
  api_->answers.push_back(StripeAnswer{200, R"({"id":"cs_1"})"});
  EXPECT_EQ(provider_.begin(purchase_).error().code, "try_again") << "no page to pay on";
}

TEST_F(StripeTest, APaidSessionTopsUp) {
  for (const std::string type : {"checkout.session.completed", "checkout.session.async_payment_succeeded"}) {
    const auto paid = read(event(type, session("paid")));
    ASSERT_TRUE(paid);
    EXPECT_EQ(paid->kind, Kind::paid);
    EXPECT_EQ(paid->viewer, purchase_.viewer);
    EXPECT_EQ(paid->meter, purchase_.meter);
    EXPECT_EQ(paid->amount, purchase_.amount);
    EXPECT_EQ(credit_key(provider_, paid->payment), "pay:stripe:cs_1") << "one key for both events";
  }
  EXPECT_EQ(read(event("checkout.session.completed", session("unpaid")))->kind, Kind::ignored);
}

TEST_F(StripeTest, ASumThatWasNotAskedIsRefused) {
  EXPECT_EQ(read(event("checkout.session.completed", session("paid", 498)))->kind, Kind::refused);
  EXPECT_EQ(read(event("checkout.session.completed", session("paid", 499, "jpy")))->kind, Kind::refused);
  EXPECT_EQ(read(event("checkout.session.completed", session("paid", 530)))->kind, Kind::paid) << "with tax";
}

TEST_F(StripeTest, AChargebackNamesWhoseItIs) {
  const std::string dispute = event(
      "charge.dispute.created",
      R"("id":"dp_1","object":"dispute","charge":"ch_1","payment_intent":"pi_1","reason":"fraudulent","metadata":{})");
  EXPECT_EQ(read(dispute).error().code, "try_again") << "Stripe must be asked, and is away";
  api_->answers.push_back(StripeAnswer{200, R"({"id":"pi_1",)" + metadata() + "}"});
  const auto reversed = read(dispute);
  ASSERT_TRUE(reversed);
  EXPECT_EQ(api_->asked.back().path, "/v1/payment_intents/pi_1");
  EXPECT_EQ(reversed->kind, Kind::reversed);
  EXPECT_EQ(reversed->viewer, purchase_.viewer);
  EXPECT_EQ(reversed->reason, "chargeback of pi_1: fraudulent");
  api_->answers.push_back(StripeAnswer{200, R"({"id":"pi_1","metadata":{}})"});
  EXPECT_EQ(read(dispute)->kind, Kind::ignored) << "of another shop under the same account";
}

TEST_F(StripeTest, OnlyAWholeRefundReverses) {
  const auto charge = [&](const std::string& refunded) {
    return event("charge.refunded", R"("id":"ch_1","object":"charge","payment_intent":"pi_1","refunded":)" +
                                        refunded + "," + metadata());
  };
  EXPECT_EQ(read(charge("true"))->kind, Kind::reversed);
  EXPECT_EQ(read(charge("false"))->kind, Kind::ignored);
  EXPECT_TRUE(api_->asked.empty()) << "the charge says whose it is";
}

TEST_F(StripeTest, LooksAtNothingThatIsNotSigned) {
  const std::string body = event("checkout.session.completed", session("paid"));
  EXPECT_EQ(provider_.read_event("", body, kNow).error().code, "bad_signature");
  EXPECT_EQ(provider_.read_event(make_stripe_signature(body, "whsec_other", kNow.ms / 1'000), body, kNow)
                .error()
                .code,
            "bad_signature");
  const std::string old = make_stripe_signature(body, kSecret, kNow.ms / 1'000 - 301);
  EXPECT_EQ(provider_.read_event(old, body, kNow).error().code, "stale_signature");
}

TEST_F(StripeTest, PassesOverWhatIsNotOurs) {
  EXPECT_EQ(read(event("customer.created", R"("id":"cus_1")"))->kind, Kind::ignored);
  EXPECT_EQ(
      read(event("checkout.session.completed",
                 R"("id":"cs_2","payment_status":"paid","amount_total":5,"currency":"usd","metadata":{})"))
          ->kind,
      Kind::ignored);
  EXPECT_EQ(read("nonsense").error().code, "malformed_json");
  EXPECT_EQ(read("{}").error().code, "bad_field");
  EXPECT_EQ(read(R"({"type":"checkout.session.completed"})").error().code, "bad_field");
  std::string deep = "1";
  for (int i = 0; i < 12; ++i) deep.insert(0, R"({"a":)").append("}");
  EXPECT_EQ(read(event("checkout.session.completed", session("paid") + R"(,"more":)" + deep))->kind,
            Kind::paid);
}

TEST(Prices, AreRoundedUpAndBounded) {
  EXPECT_EQ(price_of(500, 100), 500);
  EXPECT_EQ(price_of(1, 99), 1);
  EXPECT_EQ(price_of(101, 99), 100);
  EXPECT_EQ(price_of(INT64_MAX, 2), std::nullopt);
  EXPECT_EQ(price_of(-1, 2), std::nullopt);
}

TEST(DevelopmentPayments, OneOrderIsOnePayment) {
  DevelopmentProvider provider;
  TokenPurchase purchase;
  purchase.order = "a";
  const auto first = provider.begin(purchase);
  EXPECT_TRUE(first->paid);
  EXPECT_EQ(provider.begin(purchase)->payment, first->payment);
  purchase.order = "b";
  EXPECT_NE(provider.begin(purchase)->payment, first->payment);
}

TEST(Forms, EncodeWhatIsNoLetter) {
  const std::vector<FormField> fields{{"a[b]", "x y&z=ü"}, {"c", "1-2_3.4~5"}};
  EXPECT_EQ(encode_form(fields), "a%5Bb%5D=x%20y%26z%3D%C3%BC&c=1-2_3.4~5");
}

}  // namespace
}  // namespace paytick::ingest::payments
