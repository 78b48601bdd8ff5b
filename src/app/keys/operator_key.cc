#include "app/keys/operator_key.h"

#include <fstream>

#include "app/atomic_file.h"
#include "model/access.h"

namespace paytick::app {
namespace {

Result<std::string> checked(std::string key, const std::string& where) {
  if (key.size() >= kOperatorKeyBytesMin && key.size() <= 256) return key;
  return fail("secret_bad", where + " holds no key: 32 to 256 characters are wanted (openssl rand -hex 32)");
}

}  // namespace

std::filesystem::path operator_key_file(const std::filesystem::path& data) { return data / "operator.key"; }

Result<std::optional<std::string>> find_operator_key(const std::filesystem::path& data,
                                                     const Environment& environment) {
  const auto wrapped = [](Result<std::string> key) -> Result<std::optional<std::string>> {
    if (!key) return tl::unexpected(key.error());
    return std::optional(std::move(*key));
  };
  if (!environment("PAYTICK_OPERATOR_KEY").empty() || !environment("PAYTICK_OPERATOR_KEY_FILE").empty()) {
    auto key = load_secret("OPERATOR_KEY", environment);
    if (!key) return tl::unexpected(key.error());
    return wrapped(checked(std::move(*key), "PAYTICK_OPERATOR_KEY"));
  }
  const auto path = operator_key_file(data);
  std::error_code gone;
  if (!std::filesystem::exists(path, gone)) return std::nullopt;
  std::ifstream in(path);
  std::string key;
  if (!std::getline(in, key)) return fail("secret_unreadable", "cannot read " + path.string());
  return wrapped(checked(std::move(key), path.string()));
}

Result<std::string> load_or_make_operator_key(const std::filesystem::path& data,
                                              const Environment& environment, Random& random) {
  auto found = find_operator_key(data, environment);
  if (!found) return tl::unexpected(found.error());
  if (*found) return std::move(**found);
  const std::string made = "pto_" + to_text(random.id<KeyHash>());
  if (auto written = write_private_file(operator_key_file(data), made + "\n"); !written)
    return tl::unexpected(written.error());
  // Several gateways may begin with one folder: what stands there now is everybody's.
  found = find_operator_key(data, environment);
  if (!found) return tl::unexpected(found.error());
  return found->value_or(made);
}

}  // namespace paytick::app
