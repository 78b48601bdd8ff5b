#include "ingest/rooms/tip_news.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "model/hash.h"

namespace paytick::ingest {
namespace {

constexpr char kMark = 'N', kVersion = 1;
constexpr std::size_t kHeader = 2 + NewsId::kSize + CreatorId::kSize + 1;

template <typename Id>
void put_id(std::string& out, const Id& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

template <typename Id>
Id take_id(std::string_view& from) {
  Id id;
  std::copy_n(from.data(), id.bytes.size(), reinterpret_cast<char*>(id.bytes.data()));
  from.remove_prefix(id.bytes.size());
  return id;
}

}  // namespace

std::string shown_name(const AccountId& account) {
  const std::string text = to_text(account);
  return text.substr(0, 5) + "…" + text.substr(text.size() - 4);
}

TipNews news_of(const Tip& tip) {
  TipNews news{.id = {}, .creator = tip.to, .channel = tip.channel, .text = {}};
  if (news.channel.empty()) news.channel = to_text(tip.to);
  std::string name = "paytick:tip:";
  put_id(name, tip.from);
  name += tip.key;
  blake2b(name, news.id.bytes);

  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> json(out);
  const auto text = [&json](const char* key, std::string_view value) {
    json.Key(key);
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  json.StartObject();
  text("type", "tip:new:" + news.channel);
  text("channel", news.channel);
  text("tipId", to_text(SessionId{news.id.bytes}));
  text("fromUsername", shown_name(tip.from));
  text("toCreatorId", to_text(tip.to));
  json.Key("amountTokens");
  json.Int64(tip.tokens);
  text("message", tip.message);
  if (!tip.stream_id.empty()) text("streamId", tip.stream_id);
  if (!tip.call_id.empty()) text("callId", tip.call_id);
  json.Key("at");
  json.Int64(tip.at.ms);
  json.EndObject();
  news.text.assign(out.GetString(), out.GetSize());
  return news;
}

std::string write_news(const TipNews& news) {
  std::string record{kMark, kVersion};
  put_id(record, news.id);
  put_id(record, news.creator);
  record += static_cast<char>(static_cast<unsigned char>(news.channel.size()));
  return record.append(news.channel).append(news.text);
}

std::optional<TipNews> read_news(std::string_view record) {
  if (record.size() < kHeader || record[0] != kMark || record[1] != kVersion) return std::nullopt;
  record.remove_prefix(2);
  TipNews news;
  news.id = take_id<NewsId>(record);
  news.creator = take_id<CreatorId>(record);
  const std::size_t n = static_cast<unsigned char>(record.front());
  record.remove_prefix(1);
  if (record.size() < n || record.size() - n > kNewsTextBytesMax) return std::nullopt;
  news.channel = record.substr(0, n);
  news.text = record.substr(n);
  return news;
}

bool ToldNews::tell(const NewsId& id) {
  if (!told_.insert(id).second) return false;
  order_.push_back(id);
  if (order_.size() > kKept) {
    told_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

}  // namespace paytick::ingest
