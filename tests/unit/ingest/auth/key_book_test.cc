#include "ingest/auth/key_book.h"

#include <gtest/gtest.h>

#include "auth_fixture.h"
#include "ingest/auth/authenticator.h"
#include "ingest/catalog.h"
#include "model/codec.h"

namespace paytick::ingest::testing {
namespace {

ApiKey platforms(NewApiKey& made) {
  made.key.label = "backend";
  made.key.platform.bytes.fill(7);
  made.key.ingest = true;
  return made.key;
}

TEST(KeyBook, OnlyTheKeyItselfOpens) {
  CountingRandom random;
  NewApiKey made = make_api_key(random);
  KeyBook book;
  EXPECT_FALSE(book.find(made.text));
  book.apply(platforms(made));
  EXPECT_EQ(made.text.size(), kApiKeyText);
  const auto who = book.find(made.text);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->role, Role::platform);
  EXPECT_EQ(who->platform, made.key.platform);
  EXPECT_TRUE(who->scopes.has(Scope::ingest));
  EXPECT_FALSE(who->scopes.has(Scope::backfill));
  for (std::size_t i = 0; i < made.text.size(); ++i) {
    std::string forged = made.text;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(book.find(forged)) << i;
  }
  for (const std::string& bad :
       {std::string(), made.text + "A", made.text.substr(1), std::string(100'000, 'x')})
    EXPECT_FALSE(book.find(bad));
  made.key.revoked_at = {1};
  book.apply(made.key);
  EXPECT_FALSE(book.find(made.text));
  EXPECT_EQ(book.api_keys().size(), 1U) << "what was revoked stays on the list";
}

TEST(KeyBook, ConfiguredKeysHoldBesideThem) {
  ConfiguredKey platform{{}, hash_api_key("pk_secret"), Scopes{}.with(Scope::read)};
  platform.platform.bytes.fill(1);
  const KeyBook book({platform, {{}, hash_api_key("the operator's"), {}}});
  EXPECT_EQ(book.find("pk_secret")->platform, platform.platform);
  EXPECT_TRUE(book.find("the operator's")->is_operator());
  EXPECT_FALSE(book.find("pk_secre"));
}

TEST(KeyBook, RecordsComeBackFromTheCatalogue) {
  CountingRandom random;
  NewApiKey made = make_api_key(random);
  log::NewRecord record = key_record(platforms(made), TimeMs{5});
  EXPECT_EQ(record.key, "key:" + to_text(made.key.id));
  EXPECT_EQ(record.value.find(made.text), std::string::npos) << "the key itself is nowhere";
  EXPECT_EQ(record.value.find(made.text.substr(27)), std::string::npos);
  const auto line = codec::parse_catalog({record.value.data(), record.value.size()});
  ASSERT_TRUE(line);
  EXPECT_EQ(std::get<ApiKey>(*line), made.key);
}

TEST(Authenticator, ReadsTheHeaderAndInDevelopmentTheMeter) {
  const KeyBook keys({{{}, hash_api_key("secret"), {}}});
  const SessionTokens sessions(secret(1));
  EndedLogins ended;
  const ViewerTokens viewers(keys, "paytick");
  MeterDirectory meters;
  HeldClock clock;
  MeterId meter;
  ViewerId viewer;
  viewer.bytes.fill(2);
  meters.put(meter, viewer);
  const std::string query = "meter=" + to_text(meter);
  Authenticator::Parts parts{keys, sessions, ended, viewers, meters, clock, false};
  const Authenticator production(parts);
  EXPECT_TRUE(production.identify("Bearer secret").is_operator());
  EXPECT_TRUE(production.identify("bEARER secret").is_operator());
  for (const char* bad :
       {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secret ", "Basic secret", "secret"})
    EXPECT_EQ(production.identify(bad, query).role, Role::nobody) << bad;
  parts.development = true;
  const Authenticator development(parts);
  EXPECT_TRUE(development.identify("", query).is_viewer(viewer));
  EXPECT_EQ(development.identify("Bearer wrong", query).role, Role::nobody) << "a wrong key is no viewer";
  EXPECT_EQ(development.identify("", "meter=C").role, Role::nobody);

  const LoginToken login{viewer, LoginId{}, 0, clock.time + 1'000};
  const std::string token = "Bearer " + sessions.issue_session(login);
  EXPECT_TRUE(production.identify(token).is_creator(viewer));
  EXPECT_TRUE(production.identify(token).is_viewer(viewer));
  EXPECT_EQ(production.identify("Bearer " + sessions.issue_refresh(login)).role, Role::nobody);
  ended.add(LoginId{}, clock.time + 1'000, clock.time);
  EXPECT_EQ(production.identify(token).role, Role::nobody);
}

TEST(Identity, EndpointsAskForWhatTheyNeed) {
  Identity nobody, viewer, creator, platform, boss;
  viewer.role = Role::viewer;
  creator.role = Role::creator;
  platform.role = Role::platform;
  platform.scopes = Scopes{}.with(Scope::ingest);
  boss.role = Role::operator_;
  boss.scopes = Scopes::all();
  EXPECT_EQ(require_viewer(nobody).error().code, "unauthorized");
  EXPECT_EQ(require_viewer(platform).error().code, "forbidden");
  EXPECT_EQ(require_viewer(boss).error().code, "forbidden") << "the operator plays for nobody";
  EXPECT_TRUE(require_viewer(viewer));
  EXPECT_TRUE(require_viewer(creator));
  EXPECT_EQ(require_creator(viewer).error().code, "forbidden");
  EXPECT_TRUE(require_platform(platform, Scope::ingest));
  EXPECT_EQ(require_platform(platform, Scope::read).error().code, "forbidden");
  EXPECT_EQ(require_platform(boss, Scope::ingest).error().code, "forbidden")
      << "the operator sends for nobody";
  EXPECT_EQ(require_operator(platform).error().code, "forbidden");
  EXPECT_TRUE(require_operator(boss));
  AccountId other;
  other.bytes.fill(1);
  EXPECT_EQ(require_viewer(viewer, other).error().code, "forbidden");
  EXPECT_EQ(require_creator(creator, other).error().code, "forbidden");
}

}  // namespace
}  // namespace paytick::ingest::testing
