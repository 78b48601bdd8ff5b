#include "app/dev/secrets.h"

#include <fstream>
#include <optional>
#include <sstream>

#include "app/atomic_file.h"
#include "app/json.h"
#include "model/hash.h"

namespace paytick::app::dev {
namespace {

chain::SecretKey make_key(Random& random) {
  std::array<std::uint8_t, 32> seed{};
  random.fill(seed);
  return chain::SecretKey::from_seed(seed);
}

std::string make_api_key(Random& random) {
  return "pk_dev_" + to_text(random.id<SessionId>()) + to_text(random.id<SessionId>());
}

Result<Secrets> read(const std::filesystem::path& file) {
  const auto corrupt = [&](const std::string& what) {
    return fail("secrets_corrupt", file.string() + ": " + what + "; remove the data folder to start afresh",
                Next::fatal);
  };
  std::stringstream content;
  content << std::ifstream(file).rdbuf();
  const auto members = read_string_members(content.str());
  if (!members) return corrupt("it is no JSON object");
  const auto key = [&](const char* name) -> Result<chain::SecretKey> {
    const auto found = members->find(name);
    if (found == members->end()) return fail("secrets_corrupt", std::string("no ") + name, Next::fatal);
    return chain::SecretKey::parse(found->second);
  };
  const auto operator_key = key("operator"), settler = key("settler"), viewer = key("viewer"),
             creator = key("creator");
  const auto api_key = members->find("platformApiKey");
  if (!operator_key || !settler || !viewer || !creator || api_key == members->end())
    return corrupt("a key is missing");
  return Secrets{*operator_key, *settler, *viewer, *creator, api_key->second};
}

}  // namespace

chain::SecretKey Secrets::treasury() const {
  std::array<std::uint8_t, 32> seed{};
  blake2b("treasury of " + settler.seed_text(), seed);
  return chain::SecretKey::from_seed(seed);
}

Result<Secrets> load_or_make_secrets(const std::filesystem::path& file, Random& random) {
  if (std::filesystem::exists(file)) return read(file);
  const Secrets made{make_key(random), make_key(random), make_key(random), make_key(random),
                     make_api_key(random)};
  JsonObject json;
  json.add("operator", made.operator_key.seed_text());
  json.add("settler", made.settler.seed_text());
  json.add("viewer", made.viewer.seed_text());
  json.add("creator", made.creator.seed_text());
  json.add("platformApiKey", made.platform_api_key);
  if (auto written = write_private_file(file, json.text()); !written) return tl::unexpected(written.error());
  return made;
}

}  // namespace paytick::app::dev
