// paytick keys create|list|revoke: who may talk to paytick for a platform, or for the operator. Asks a
// running gateway, as the operator.

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <iostream>
#include <vector>

#include "app/commands.h"
#include "app/dev/dev_file.h"
#include "app/json.h"
#include "app/keys/operator_key.h"
#include "app/roles/address.h"
#include "app/target.h"
#include "chain/http_client.h"
#include "ingest/auth/identity.h"
#include "model/time.h"

namespace paytick::app {
namespace {

struct Options {
  TargetOptions target;
  std::string url;
  bool json = false;
  std::string label, platform, viewer_key, id;
  std::vector<std::string> scopes;
  bool for_operator = false;
};

int complain(const Error& error) {
  std::cerr << "paytick keys: " << error.message << " (" << error.code << ")\n";
  const bool usage = error.code.starts_with("config_") || error.code.starts_with("secret_");
  return usage ? kExitUsage : kExitFailed;
}

struct Gateway {
  std::string url, key;
};

Result<Gateway> find_gateway(const Options& options) {
  const Environment environment = process_environment();
  auto config = load_config(options.target.config_file, options.target.config_named, environment);
  if (!config) return tl::unexpected(config.error());
  if (!options.target.data.empty()) config->data = options.target.data;
  const auto key = find_operator_key(config->data, environment);
  if (!key) return tl::unexpected(key.error());
  if (!*key)
    return fail("secret_missing", "there is no operator's key: start the gateway once, which makes " +
                                      operator_key_file(config->data).string() +
                                      ", or set PAYTICK_OPERATOR_KEY_FILE");
  if (!options.url.empty()) return Gateway{options.url, **key};
  if (const auto dev = dev::read_dev_file(config->data); dev && !dev->listen.empty())
    return Gateway{dev->listen, **key};
  const auto address = parse_address("gateway.listen", config->gateway.listen);
  if (!address) return tl::unexpected(address.error());
  return Gateway{url_of(*address), **key};
}

Result<rapidjson::Document> understood(const Result<chain::HttpAnswer>& answer) {
  if (!answer)
    return fail(answer.error().code,
                "the gateway does not answer: " + answer.error().message + "; is it running? --url names it");
  rapidjson::Document document;
  document.Parse(answer->body.c_str());
  if (!document.IsObject()) return fail("bad_answer", "this is no gateway of paytick's: " + answer->body);
  if (answer->status < 300) return document;
  std::string code = "refused", message = answer->body;
  if (document.HasMember("error") && document["error"].IsObject()) {
    const auto& error = document["error"];
    if (error.HasMember("code") && error["code"].IsString()) code = error["code"].GetString();
    if (error.HasMember("message") && error["message"].IsString()) message = error["message"].GetString();
  }
  return fail(code, message);
}

std::string text(const rapidjson::Value& object, const char* name) {
  return object.HasMember(name) && object[name].IsString() ? object[name].GetString() : "";
}

std::string scopes_of(const rapidjson::Value& key) {
  std::string out;
  if (!key.HasMember("scopes") || !key["scopes"].IsArray()) return "-";
  for (const auto& scope : key["scopes"].GetArray()) {
    if (!out.empty()) out += ',';
    if (scope.IsString()) out += scope.GetString();
  }
  return out;
}

void print(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  value.Accept(writer);
  std::cout << buffer.GetString() << "\n";
}

std::string body_of(const Options& options) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  const auto member = [&json](const char* name, const std::string& value) {
    json.Key(name);
    json.String(value.c_str());
  };
  json.StartObject();
  member("label", options.label);
  if (!options.platform.empty()) member("platform", options.platform);
  if (!options.viewer_key.empty()) member("viewerKey", options.viewer_key);
  if (options.for_operator) {
    json.Key("operator");
    json.Bool(true);
  }
  if (!options.scopes.empty()) {
    json.Key("scopes");
    json.StartArray();
    for (const std::string& scope : options.scopes) json.String(scope.c_str());
    json.EndArray();
  }
  json.EndObject();
  return buffer.GetString();
}

Result<chain::HttpClient> connect(const Gateway& gateway, const std::string& path) {
  return chain::HttpClient::create(gateway.url + path, {.bearer = gateway.key});
}

int create(const Options& options) {
  const auto gateway = find_gateway(options);
  if (!gateway) return complain(gateway.error());
  auto client = connect(*gateway, "/v1/keys");
  if (!client) return complain(client.error());
  const auto made = understood(client->post(body_of(options)));
  if (!made) return complain(made.error());
  if (options.json) return print(*made), kExitDone;
  const std::string key = text(*made, "key");
  if (key.empty()) {
    std::cout << fmt::format("id (the tokens' kid)  {}\nplatform (their iss)  {}\n", text(*made, "id"),
                             text(*made, "platform"));
    return kExitDone;
  }
  std::cout << fmt::format("id        {}\n", text(*made, "id"));
  if (!options.for_operator) std::cout << fmt::format("platform  {}\n", text(*made, "platform"));
  std::cout << fmt::format("scopes    {}\nkey       {}\nThe key is shown this once.\n", scopes_of(*made),
                           key);
  return kExitDone;
}

int list(const Options& options) {
  const auto gateway = find_gateway(options);
  if (!gateway) return complain(gateway.error());
  auto client = connect(*gateway, "/v1/keys");
  if (!client) return complain(client.error());
  const auto answer = understood(client->get("/v1/keys"));
  if (!answer) return complain(answer.error());
  if (options.json) return print(*answer), kExitDone;
  if (!answer->HasMember("items") || !(*answer)["items"].IsArray())
    return complain({"bad_answer", "this is no gateway of paytick's"});
  std::cout << fmt::format("{:<22}  {:<9}  {:<22}  {:<7}  {:<30}  {}\n", "id", "kind", "platform", "state",
                           "scopes", "label");
  for (const auto& key : (*answer)["items"].GetArray()) {
    const bool revoked = key.HasMember("revokedAt") && !key["revokedAt"].IsNull();
    std::cout << fmt::format("{:<22}  {:<9}  {:<22}  {:<7}  {:<30}  {}\n", text(key, "id"), text(key, "kind"),
                             text(key, "platform"), revoked ? "revoked" : "good", scopes_of(key),
                             text(key, "label"));
  }
  return kExitDone;
}

int revoke(const Options& options) {
  const auto gateway = find_gateway(options);
  if (!gateway) return complain(gateway.error());
  auto client = connect(*gateway, "/");
  if (!client) return complain(client.error());
  const auto answer = understood(client->remove("/v1/keys/" + options.id));
  if (!answer) return complain(answer.error());
  if (options.json) return print(*answer), kExitDone;
  std::cout << "revoked " << options.id << ": " << text(*answer, "label") << "\n";
  return kExitDone;
}

}  // namespace

void add_keys(CLI::App& app, int& exit_code) {
  CLI::App* const keys = app.add_subcommand("keys", "Make, list and revoke API keys, at a running gateway");
  keys->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int (*action)(const Options&)) {
    auto options = std::make_shared<Options>();
    CLI::App* const command = keys->add_subcommand(name, help);
    add_target_options(*command, options->target);
    command->add_option("--url", options->url, "The gateway (default: as dev.json or gateway.listen say)");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "The operator's own key comes from PAYTICK_OPERATOR_KEY, the file that PAYTICK_OPERATOR_KEY_FILE "
        "names,\nor operator.key in the data folder.\n"
        "Exit codes: 0 done; 1 it failed; 2 wrong options or configuration.");
    command->callback([options, action, &exit_code] { exit_code = action(*options); });
    return std::pair(command, options);
  };
  const auto [making, order] = add("create", "Make a key; it is shown once", create);
  making->add_option("--label", order->label, "What it is for, for people")->required();
  auto* const whose =
      making->add_option("--platform", order->platform, "Whose it is (default: a new platform)");
  auto* const scopes = making
                           ->add_option("--scope", order->scopes,
                                        "What it may do: ingest, backfill, catalogue, read; repeat it")
                           ->check(CLI::IsMember(ingest::words_of(ingest::Scopes::all())));
  making->add_flag("--operator", order->for_operator, "A key of the operator's, which may do everything")
      ->excludes(whose)
      ->excludes(scopes);
  making
      ->add_option("--viewer-key", order->viewer_key,
                   "Instead of a key: take tokens of viewers under this ed25519 public key (base64url)")
      ->excludes(scopes);
  add("list", "Show the keys, without what is secret", list);
  const auto [ending, which] = add("revoke", "End a key, everywhere", revoke);
  ending->add_option("id", which->id, "As `paytick keys list` shows it")->required();
}

}  // namespace paytick::app
