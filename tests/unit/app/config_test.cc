#include "app/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "app/kafka_config.h"

namespace paytick::app {
namespace {

namespace fs = std::filesystem;

class ConfigTest : public testing::Test {
 protected:
  fs::path write(const std::string& text) {
    fs::path path =
        fs::path(testing::TempDir()) /
        (std::string("config-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml");
    std::ofstream(path) << text;
    return path;
  }
  Environment environment() {
    return
        [this](const std::string& name) { return variables_.count(name) ? variables_[name] : std::string(); };
  }
  Result<Config> load(const std::string& text) { return load_config(write(text), true, environment()); }

  std::map<std::string, std::string> variables_;
};

TEST_F(ConfigTest, DefaultsNeedNoFile) {
  const auto config = load_config("/nowhere/paytick.toml", false, environment());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->gateway.listen, "127.0.0.1:8080");
  EXPECT_EQ(config->log.partitions, 4);
}

TEST_F(ConfigTest, TheEnvironmentWinsOverTheFile) {
  variables_["PAYTICK_GATEWAY_LISTEN"] = "127.0.0.1:1";
  variables_["DATABASE_URL"] = "postgresql:///x";
  const auto config = load("[gateway]\nlisten = \"127.0.0.1:2\"\nthreads = 2\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->gateway.listen, "127.0.0.1:1");
  EXPECT_EQ(config->gateway.threads, 2);
  EXPECT_EQ(config->database.url, "postgresql:///x");
}

TEST_F(ConfigTest, AnUnknownKeyIsNamedWithItsLineAndTheLikelyOne) {
  const auto config = load("[gateway]\n\nlistn = \"127.0.0.1:2\"\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, "config_unknown_key");
  EXPECT_NE(config.error().message.find(":3:"), std::string::npos) << config.error().message;
  EXPECT_NE(config.error().message.find("gateway.listen"), std::string::npos) << config.error().message;
}

TEST_F(ConfigTest, AKeyLikeNoOtherIsNotGuessedAt) {
  const auto config = load("zebra = 1\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message.find("did you mean"), std::string::npos) << config.error().message;
  EXPECT_NE(config.error().message.find("docs/configuration.md"), std::string::npos)
      << config.error().message;
}

TEST_F(ConfigTest, AValueOutOfRangeIsRefused) {
  EXPECT_EQ(load("[log]\npartitions = 0\n").error().code, "config_bad_value");
  EXPECT_EQ(load("[log]\npartitions = \"many\"\n").error().code, "config_bad_value");
  EXPECT_EQ(load("[settlement]\nmax_age_s = 259200\n").error().code, "config_bad_value");  // a refund is paid
}

TEST_F(ConfigTest, BrokenSyntaxNamesTheLine) {
  const auto config = load("a = 1\n[log\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, "config_syntax");
}

TEST_F(ConfigTest, SecretsComeFromAVariableOrAFile) {
  EXPECT_EQ(load_secret("SETTLER_SECRET", environment()).error().code, "secret_missing");
  variables_["PAYTICK_SETTLER_SECRET_FILE"] = write(" SABC \n").string();
  EXPECT_EQ(load_secret("SETTLER_SECRET", environment()).value(), "SABC");
  variables_["PAYTICK_SETTLER_SECRET"] = "SXYZ";
  EXPECT_EQ(load_secret("SETTLER_SECRET", environment()).value(), "SXYZ");
}

TEST_F(ConfigTest, KafkasOwnPropertiesArePassedOnAndSecretsAreNot) {
  const auto config = load(
      "[log]\nengine = \"kafka\"\n[kafka]\nbootstrap = \"a:1\"\n[kafka.properties]\n"
      "security.protocol = \"SASL_SSL\"\n\"sasl.mechanism\" = \"PLAIN\"\nsocket.keepalive.enable = true\n");
  ASSERT_TRUE(config) << config.error().message;
  const std::map<std::string, std::string> wanted = {
      {"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "PLAIN"}, {"socket.keepalive.enable", "true"}};
  EXPECT_EQ(config->kafka.properties, wanted);
  EXPECT_EQ(load("[kafka.properties]\nsasl.password = \"x\"\n").error().code, "config_bad_value");
  EXPECT_EQ(load("[log]\nengine = \"rabbit\"\n").error().code, "config_bad_value");
}

TEST_F(ConfigTest, KafkasSecretsComeFromTheEnvironment) {
  auto config = load("[kafka]\nbootstrap = \"a:1\"\n");
  variables_["PAYTICK_KAFKA_SASL_PASSWORD_FILE"] = write("hush\n").string();
  EXPECT_EQ(kafka_settings(*config, environment())->properties.at("sasl.password"), "hush");
  config->kafka.request_timeout_ms = config->kafka.transaction_timeout_ms;
  EXPECT_EQ(kafka_settings(*config, environment()).error().code, "config_bad_value");
  EXPECT_EQ(kafka_settings({}, environment()).error().code, "config_missing");
}

TEST(ConfigReference, TheDocumentedKeysAreTheOnesThatExist) {
  std::stringstream page;
  page << std::ifstream(PAYTICK_SOURCE_DIR "/docs/configuration.md").rdbuf();
  EXPECT_NE(page.str().find(config_reference()), std::string::npos)
      << "docs/configuration.md is out of date; its tables should read:\n"
      << config_reference();
}

}  // namespace
}  // namespace paytick::app
