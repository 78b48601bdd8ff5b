#include <gtest/gtest.h>

#include "ingest/access_policy.h"
#include "ingest/http_routes.h"
#include "ingest/resume_tokens.h"

namespace paytick::ingest {
namespace {

TEST(AccessPolicy, LocalAuthorities) {
  for (const char* good : {"localhost", "localhost:1", "127.0.0.1", "127.0.0.1:65535", "[::1]", "[::1]:80"}) {
    EXPECT_TRUE(is_local_authority(good)) << good;
  }
  for (const char* bad :
       {"", "localhost.evil.example", "localhost:", "localhost:80.evil", "127.0.0.1.evil", "::1",
        "evil.example", "localhost:1234567", "127.0.0.11", "0.0.0.0", "LOCALHOST@evil"}) {
    EXPECT_FALSE(is_local_authority(bad)) << bad;
  }
}

TEST(AccessPolicy, OriginsOutsideDevelopmentAreAListOfTheOperators) {
  const AccessPolicy policy{false, {"https://play.example"}};
  EXPECT_TRUE(check_request(policy, {"anything", "https://play.example", true}));
  EXPECT_TRUE(check_request(policy, {"anything", "", true})) << "servers send no Origin";
  EXPECT_FALSE(check_request(policy, {"anything", "https://play.example.evil", false}));
  EXPECT_FALSE(check_request(policy, {"anything", "http://localhost", false}));
}

TEST(ResumeTokens, VerifyOnlyWhatWasIssuedUnderTheSameKey) {
  ResumeTokens::Key key{};
  const ResumeTokens tokens(key);
  SessionId session;
  session.bytes.fill(77);
  const ResumeTokens::Token issued = tokens.issue(session);
  const std::string token(issued.data(), issued.size());
  EXPECT_EQ(tokens.verify(token), session);
  key[0] = 1;
  EXPECT_FALSE(ResumeTokens(key).verify(token));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.verify(forged)) << i;
  }
  EXPECT_FALSE(tokens.verify(""));
  EXPECT_FALSE(tokens.verify(token + "A"));
  EXPECT_FALSE(tokens.verify(token.substr(1)));
}

TEST(HttpRoutes, FindsByPatternAndMethod) {
  HttpRoutes routes;
  routes.add("GET", "/a/:x/b", RunOn::pool, [](const HttpRequest&) { return HttpResponse{}; });
  routes.add("GET", "/a", RunOn::loop, [](const HttpRequest&) { return HttpResponse{}; });
  const auto match = routes.find("GET", "/a/%20z/b");
  ASSERT_NE(match.handler, nullptr);
  EXPECT_EQ(match.params, std::vector<std::string>{" z"});
  EXPECT_EQ(match.where, RunOn::pool);
  EXPECT_TRUE(routes.find("POST", "/a").path_known);
  EXPECT_EQ(routes.find("POST", "/a").handler, nullptr);
  for (const char* unknown : {"", "a", "/", "/a/", "/a//b", "/a/x/b/", "/a/%zz/b", "/a/%0/b", "/a/%00/b"}) {
    EXPECT_FALSE(routes.find("GET", unknown).path_known) << unknown;
  }
}

TEST(HttpRoutes, QueryParameters) {
  EXPECT_EQ(query_param("a=1&b=%32&c", "a"), "1");
  EXPECT_EQ(query_param("a=1&b=%32&c", "b"), "2");
  EXPECT_EQ(query_param("a=1&b=%32&c", "c"), "");
  EXPECT_EQ(query_param("a=1", "b"), std::nullopt);
  EXPECT_EQ(query_param("a=%", "a"), std::nullopt);
  EXPECT_EQ(query_param("", "a"), std::nullopt);
}

}  // namespace
}  // namespace paytick::ingest
