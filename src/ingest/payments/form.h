#pragma once
// application/x-www-form-urlencoded, as Stripe's API reads it.

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace paytick::ingest::payments {

using FormField = std::pair<std::string_view, std::string>;

// Everything but letters, digits, '-', '_', '.' and '~' is percent-encoded, in names and values alike.
std::string encode_form(std::span<const FormField> fields);
std::string percent_encode(std::string_view text);

}  // namespace paytick::ingest::payments
