#pragma once
// Private to the codec: the JSON of catalog.h.

#include "model/catalog.h"
#include "model/shapes_inputs.h"

namespace paytick::codec {

template <>
struct Shape<Content> {
  static constexpr auto kType = "content"_m;
  static void members(auto& f, auto& e) {
    f("id"_m, e.id);
    f.optional("platform"_m, e.platform);
    f("title"_m, e.title, Text{1, 200});
    f.optional("creator"_m, e.creator, Text{0, 200});
    f.optional("description"_m, e.description, Text{0, 4'000});
    f.optional("thumbnailUrl"_m, e.thumbnail_url, Text{0, 2'000});
    f("durationS"_m, e.duration_s);
    f("creatorWallet"_m, e.creator_wallet);
    f("plan"_m, e.plan);
    f.optional("closed"_m, e.closed);
    f("createdAt"_m, e.created_at);
  }
};

}  // namespace paytick::codec
