#include "app/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "app/config_values.h"

namespace paytick::app {
namespace {

std::string full_name(const ConfigKey& key) {
  return key.table.empty() ? std::string(key.key) : std::string(key.table) + "." + std::string(key.key);
}

std::string environment_name(const ConfigKey& key) {
  std::string name = "PAYTICK_" + full_name(key);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '.' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return name;
}

const ConfigKey* find_key(std::string_view name) {
  for (const ConfigKey& key : config_keys())
    if (full_name(key) == name) return &key;
  return nullptr;
}

// The known key that shares the longest beginning or the same last part: what was probably meant.
std::string nearest_key(std::string_view name) {
  std::string best;
  std::size_t best_score = 0;
  for (const ConfigKey& key : config_keys()) {
    const std::string known = full_name(key);
    const auto [a, b] = std::mismatch(name.begin(), name.end(), known.begin(), known.end());
    std::size_t score = static_cast<std::size_t>(a - name.begin());
    if (name.substr(name.rfind('.') + 1) == key.key) score += 100;
    if (score > best_score) best_score = score, best = known;
  }
  return best;
}

Result<void> set_key(Config& config, const ConfigKey& key, std::string_view value, const std::string& where) {
  if (key.set(config, value)) return {};
  return fail("config_bad_value", where + ": '" + std::string(value) + "' is no value for " + full_name(key) +
                                      " (" + std::string(key.unit) + ")");
}

// A setting of librdkafka. Whether it is one, librdkafka says.
Result<void> set_property(Config& config, const std::string& name, const std::string& value,
                          const std::string& where) {
  if (name.ends_with(".password") || name == "ssl.key.pem")
    return fail("config_bad_value", where + ": " + name +
                                        " is a secret: it comes from the environment, see "
                                        "docs/configuration.md");
  config.kafka.properties[name] = value;
  return {};
}

std::string value_text(const toml::node& node) {
  if (const auto* v = node.as_string()) return v->get();
  if (const auto* v = node.as_integer()) return std::to_string(v->get());
  if (const auto* v = node.as_boolean()) return v->get() ? "true" : "false";
  return {};
}

// One of [[webhooks]].
Result<void> add_webhook(Config& config, const toml::table& table, const std::string& file) {
  Config::Webhook& webhook = config.webhooks.emplace_back();
  for (const auto& [name, node] : table) {
    const std::string where = file + ":" + std::to_string(node.source().begin.line);
    const std::string key(name.str());
    const auto wrong = [&](const char* what) {
      return fail("config_bad_value", fmt::format("{}: webhooks.{} is {}", where, key, what));
    };
    std::string* const text = key == "name"       ? &webhook.name
                              : key == "url"      ? &webhook.url
                              : key == "platform" ? &webhook.platform
                                                  : nullptr;
    if (text != nullptr) {
      if (!node.is_string()) return wrong("a text");
      *text = value_text(node);
    } else if (key == "private_addresses") {
      if (!parse_bool(value_text(node), webhook.private_addresses)) return wrong("true or false");
    } else if (key == "concurrency") {
      if (!parse_int(value_text(node), 1, 64, webhook.concurrency)) return wrong("a number from 1 to 64");
    } else if (key == "events") {
      const auto* events = node.as_array();
      if (events == nullptr || !events->is_homogeneous(toml::node_type::string))
        return wrong("a list of texts");
      for (const auto& event : *events) webhook.events.push_back(value_text(event));
    } else {
      return fail("config_unknown_key",
                  fmt::format("{}: a webhook has no key '{}'; it has name, url, platform, events, "
                              "private_addresses and concurrency",
                              where, key));
    }
  }
  return {};
}

Result<void> apply_table(Config& config, const toml::table& table, const std::string& prefix,
                         const std::string& file) {
  for (const auto& [name, node] : table) {
    std::string full = prefix;
    full += name.str();
    if (const auto* inner = node.as_table()) {
      if (auto done = apply_table(config, *inner, full.append("."), file); !done) return done;
      continue;
    }
    if (full == "webhooks" && node.is_array_of_tables()) {
      for (const auto& one : *node.as_array())
        if (auto done = add_webhook(config, *one.as_table(), file); !done) return done;
      continue;
    }
    const std::string where = file + ":" + std::to_string(node.source().begin.line);
    constexpr std::string_view kProperties = "kafka.properties.";
    if (full.starts_with(kProperties)) {
      if (auto done = set_property(config, full.substr(kProperties.size()), value_text(node), where); !done)
        return done;
      continue;
    }
    const ConfigKey* key = find_key(full);
    if (key == nullptr) {
      std::string words = where;
      words.append(": there is no key '").append(full);
      if (const std::string near = nearest_key(full); !near.empty())
        words.append("'; did you mean '").append(near).append("'?");
      else
        words.append("'; docs/configuration.md lists them");
      return fail("config_unknown_key", std::move(words));
    }
    if (auto done = set_key(config, *key, value_text(node), where); !done) return done;
  }
  return {};
}

}  // namespace

Result<Config> load_config(const std::filesystem::path& file, bool must_exist,
                           const Environment& environment) {
  Config config;
  if (std::filesystem::exists(file)) {
    std::ifstream in(file);
    std::stringstream content;
    content << in.rdbuf();
    if (!in) return fail("config_unreadable", "cannot read " + file.string());
    try {
      const toml::table table = toml::parse(content.str(), file.string());
      if (auto done = apply_table(config, table, "", file.string()); !done)
        return tl::unexpected(done.error());
    } catch (const toml::parse_error& error) {
      return fail("config_syntax", file.string() + ":" + std::to_string(error.source().begin.line) + ": " +
                                       std::string(error.description()));
    }
  } else if (must_exist) {
    return fail("config_unreadable", "there is no file " + file.string());
  }
  for (const ConfigKey& key : config_keys()) {
    const std::string name = environment_name(key);
    if (const std::string value = environment(name); !value.empty())
      if (auto done = set_key(config, key, value, name); !done) return tl::unexpected(done.error());
  }
  if (const std::string url = environment("DATABASE_URL"); !url.empty()) config.database.url = url;
  return config;
}

Result<std::string> load_secret(std::string_view name, const Environment& environment) {
  const std::string variable = "PAYTICK_" + std::string(name);
  std::string value = environment(variable);
  if (value.empty()) {
    const std::string path = environment(variable + "_FILE");
    if (path.empty()) return fail("secret_missing", "set " + variable + " or " + variable + "_FILE");
    std::ifstream in(path);
    std::getline(in, value);
    if (!in && value.empty())
      return fail("secret_unreadable", "cannot read " + path + " (" + variable + "_FILE)");
  }
  const auto first = value.find_first_not_of(" \t\r\n");
  const auto last = value.find_last_not_of(" \t\r\n");
  if (first == std::string::npos) return fail("secret_missing", variable + " is empty");
  return value.substr(first, last - first + 1);
}

Environment process_environment() {
  return [](const std::string& name) {
    const char* value =
        std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return std::string(value != nullptr ? value : "");
  };
}

std::string config_reference() {
  const Config defaults;
  std::string page;
  std::string_view table = "\n";
  for (const ConfigKey& key : config_keys()) {
    if (key.table != table) {
      table = key.table;
      page += table.empty() ? "## Top level\n" : "\n## [" + std::string(table) + "]\n";
      page += "\n| key | unit | default | meaning | environment |\n|---|---|---|---|---|\n";
    }
    page += "| `" + std::string(key.key) + "` | " + std::string(key.unit) + " | `" + key.get(defaults) +
            "` | " + std::string(key.help) + " | `" + environment_name(key) + "` |\n";
  }
  return page;
}

}  // namespace paytick::app
