#pragma once
// Private to the codec: the JSON of catalog.h.

#include "model/access.h"
#include "model/catalog.h"
#include "model/shapes_inputs.h"

namespace paytick::codec {

template <>
struct Words<ContentKind> {
  static constexpr std::array<std::string_view, 3> kWords{"video", "stream", "call"};
};

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
    f.optional("kind"_m, e.kind);
    f.optional("joinRequired"_m, e.join_required);
    f.optional("minimumBalance"_m, e.minimum_balance);
    f.optional("ticketPrice"_m, e.ticket_price);
  }
};

inline constexpr Text kLabel{1, kKeyLabelBytesMax};

template <>
struct Shape<ApiKey> {
  static constexpr auto kType = "apiKey"_m;
  static void members(auto& f, auto& e) {
    f("id"_m, e.id);
    f("label"_m, e.label, kLabel);
    f.optional("platform"_m, e.platform);
    f("hash"_m, e.hash);
    f.optional("ingest"_m, e.ingest);
    f.optional("backfill"_m, e.backfill);
    f.optional("catalogue"_m, e.catalogue);
    f.optional("read"_m, e.read);
    f("createdAt"_m, e.created_at);
    f.optional("revokedAt"_m, e.revoked_at);
  }
};

template <>
struct Shape<TokenIssuer> {
  static constexpr auto kType = "tokenIssuer"_m;
  static void members(auto& f, auto& e) {
    f("id"_m, e.id);
    f("label"_m, e.label, kLabel);
    f("platform"_m, e.platform);
    f("publicKey"_m, e.public_key);
    f("createdAt"_m, e.created_at);
    f.optional("revokedAt"_m, e.revoked_at);
  }
};

}  // namespace paytick::codec
