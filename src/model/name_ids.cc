#include "model/name_ids.h"

#include <algorithm>
#include <string>

#include "model/hash.h"

namespace paytick {
namespace {

template <std::size_t N, typename Tag>
void append(std::string& out, const Bytes<N, Tag>& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), N);
}

template <typename Id>
Id first_bytes(const std::string& input) {
  std::array<std::uint8_t, 32> hash;
  blake2b(input, hash);
  Id id;
  std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

}  // namespace

SessionId derive_session_id(const PlatformId& platform, std::string_view name) {
  std::string input = "paytick:session:";
  append(input, platform);
  input += name;
  return first_bytes<SessionId>(input);
}

AttachmentId derive_attachment_id(const PlatformId& platform, const ViewerId& viewer, std::string_view name) {
  std::string input = "paytick:attachment:";
  append(input, platform);
  append(input, viewer);
  input += name;
  return first_bytes<AttachmentId>(input);
}

}  // namespace paytick
