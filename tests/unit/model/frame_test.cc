#include "model/frame.h"

#include <gtest/gtest.h>

namespace paytick {
namespace {

OwnerId owner(std::uint8_t n) {
  OwnerId id;
  id.bytes.fill(n);
  return id;
}

std::string fence(std::uint64_t epoch, std::uint8_t n) {
  return build_fence({PartitionId{3}, Epoch{epoch}, owner(n)});
}

// An owner that writes frames, each behind the last.
struct Writer {
  explicit Writer(std::uint64_t its_epoch, std::int64_t from = 0, FrameHash after = {})
      : epoch(its_epoch), at(from), prev(after) {}

  std::vector<std::string> write(std::int64_t n, std::string_view lines = "{}\n") {
    const FrameSpan span{PartitionId{3}, Epoch{epoch}, Offset{at}, Offset{at + n}, 1};
    at += n;
    return build_frame(span, lines, prev);
  }
  std::string one(std::int64_t n, std::string_view lines = "{}\n") { return write(n, lines).at(0); }

  std::uint64_t epoch;
  std::int64_t at;
  FrameHash prev;
};

std::string big_lines() {
  std::string lines;
  while (lines.size() < codec::kRecordBytesMax + 1'000)
    lines += "{\"a\":\"" + std::string(990, 'x') + "\"}\n";
  return lines;
}

void expect(FrameReader& reader, std::string_view record, FrameVerdict verdict) {
  const auto result = reader.read(record);
  ASSERT_TRUE(result) << result.error().code << ": " << result.error().message;
  EXPECT_EQ(*result, verdict);
}

void expect_fatal(FrameReader& reader, std::string_view record, std::string_view code) {
  const FramePosition before = reader.position();
  const auto result = reader.read(record);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, code);
  EXPECT_EQ(result.error().next, Next::fatal);
  EXPECT_EQ(reader.position(), before);
}

FrameReader fenced_reader() {
  FrameReader reader;
  expect(reader, fence(1, 1), FrameVerdict::fence);
  return reader;
}

TEST(Frame, LooksAsDesigned) {
  Writer writer(2, 5);
  EXPECT_EQ(writer.one(2, "{}\n{}\n"),
            "{\"v\":1,\"type\":\"frame\",\"partition\":3,\"epoch\":2,\"from\":5,\"to\":7,\"prev\":"
            "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"fold\":1,\"n\":2}\n{}\n{}\n");
  EXPECT_EQ(
      fence(2, 0),
      "{\"v\":1,\"type\":\"fence\",\"partition\":3,\"epoch\":2,\"owner\":\"AAAAAAAAAAAAAAAAAAAAAA\"}\n");
}

TEST(Frame, HeadersFitTheirBound) {
  std::string line;
  FrameHeader widest{.partition = PartitionId{~0U},
                     .epoch = Epoch{~0ULL},
                     .from = Offset{INT64_MAX},
                     .to = Offset{INT64_MAX},
                     .prev = {},
                     .fold = ~0U,
                     .n = ~0U,
                     .more = true};
  codec::write(widest, line);
  EXPECT_LE(line.size(), kFrameHeaderBytesMax);
}

TEST(Frame, FollowsItsOwner) {
  FrameReader reader = fenced_reader();
  Writer writer(1);
  expect(reader, writer.one(4), FrameVerdict::accept);
  expect(reader, writer.one(0), FrameVerdict::accept);      // lines without new inputs
  expect(reader, writer.one(2, ""), FrameVerdict::accept);  // inputs without lines
  EXPECT_EQ(reader.position(), (FramePosition{Epoch{1}, owner(1), Offset{6}, writer.prev}));
}

TEST(Frame, DropsExactDuplicates) {
  FrameReader reader = fenced_reader();
  Writer writer(1);
  const std::string a = writer.one(1);
  const std::string b = writer.one(1);
  expect(reader, a, FrameVerdict::accept);
  expect(reader, a, FrameVerdict::ignore);
  expect(reader, b, FrameVerdict::accept);
  expect(reader, a, FrameVerdict::ignore);
  expect(reader, b, FrameVerdict::ignore);
  FrameReader restarted(reader.position());
  expect(restarted, b, FrameVerdict::ignore);
  expect(restarted, writer.one(1), FrameVerdict::accept);
}

// Wherever a reader began, and however long ago it read the first copy.
TEST(Frame, DropsDuplicatesThatItCannotCompareAnyMore) {
  FrameReader reader = fenced_reader();
  Writer writer(1);
  std::vector<std::string> frames;
  for (int i = 0; i < 20; ++i) {
    frames.push_back(writer.one(2));
    expect(reader, frames.back(), FrameVerdict::accept);
  }
  for (const std::string& frame : frames) expect(reader, frame, FrameVerdict::ignore);
  FrameReader restarted(reader.position());
  for (const std::string& frame : frames) expect(restarted, frame, FrameVerdict::ignore);
  const auto big = writer.write(5, big_lines());
  for (FrameReader* one : {&reader, &restarted}) {
    expect(*one, big[0], FrameVerdict::hold);
    expect(*one, frames[3], FrameVerdict::ignore);
    expect(*one, big[1], FrameVerdict::accept);
    expect_fatal(*one, Writer(1, 39, writer.prev).one(6), "frame_overlap");
    expect_fatal(*one, Writer(1, 40).one(5, "{\"other\":1}\n"), "frame_overlap");
  }
}

TEST(Frame, StopsOnAGap) {
  FrameReader reader = fenced_reader();
  Writer writer(1);
  expect(reader, writer.one(1), FrameVerdict::accept);
  writer.one(1);
  expect_fatal(reader, writer.one(1), "frame_gap");
}

TEST(Frame, StopsOnAMissingFence) {
  FrameReader reader = fenced_reader();
  expect_fatal(reader, Writer(2).one(1), "frame_gap");
  FrameReader fresh;
  expect_fatal(fresh, Writer(1).one(1), "frame_gap");
}

TEST(Frame, StopsOnAnOverlap) {
  FrameReader reader = fenced_reader();
  Writer writer(1);
  expect(reader, writer.one(4), FrameVerdict::accept);
  expect_fatal(reader, Writer(1, 3, writer.prev).one(4), "frame_overlap");
  expect_fatal(reader, Writer(1, 0).one(4, "{\"other\":1}\n"), "frame_overlap");
}

TEST(Frame, StopsOnABrokenHash) {
  FrameReader reader = fenced_reader();
  Writer writer(1);
  expect(reader, writer.one(4), FrameVerdict::accept);
  expect_fatal(reader, Writer(1, 4, FrameHash{}).one(1), "frame_hash");
  expect(reader, Writer(1, 4, writer.prev).one(1), FrameVerdict::accept);
}

TEST(Frame, LinesAreCounted) {
  FrameReader reader = fenced_reader();
  Writer writer(1);
  const std::string record = writer.one(1, "{}\n{}\n");
  expect_fatal(reader, record.substr(0, record.size() - 3), "frame_malformed");
  expect_fatal(reader, record.substr(0, record.size() - 1), "frame_malformed");
  expect_fatal(reader, record + "{}\n", "frame_malformed");
  expect(reader, record, FrameVerdict::accept);
}

TEST(Frame, LowerEpochsDoNotCountAfterAFence) {
  FrameReader reader = fenced_reader();
  Writer old_owner(1);
  expect(reader, old_owner.one(2), FrameVerdict::accept);
  Writer new_owner(2, 2, old_owner.prev);
  expect(reader, fence(2, 2), FrameVerdict::fence);
  expect(reader, old_owner.one(3), FrameVerdict::ignore);
  expect(reader, new_owner.one(1), FrameVerdict::accept);
  expect(reader, fence(1, 1), FrameVerdict::ignore);
  EXPECT_EQ(reader.position().to, Offset{3});
  EXPECT_EQ(reader.position().owner, owner(2));
}

TEST(Frame, TheFirstFenceOfAnEpochCounts) {
  FrameReader reader;
  expect(reader, fence(4, 7), FrameVerdict::fence);
  expect(reader, fence(4, 8), FrameVerdict::ignore);
  expect(reader, fence(4, 7), FrameVerdict::ignore);
  EXPECT_EQ(reader.position().owner, owner(7));
  EXPECT_EQ(reader.position().epoch, Epoch{4});
}

TEST(Frame, ContinuedFramesAreHeldUntilTheirLastPart) {
  FrameReader reader = fenced_reader();
  Writer writer(1);
  const std::string lines = big_lines();
  const auto records = writer.write(5, lines);
  ASSERT_EQ(records.size(), 2U);
  std::string joined;
  for (const auto& record : records) {
    EXPECT_LE(record.size(), codec::kRecordBytesMax);
    joined += record.substr(record.find('\n') + 1);
  }
  EXPECT_EQ(joined, lines);
  expect(reader, records[0], FrameVerdict::hold);
  expect(reader, records[0], FrameVerdict::ignore);
  EXPECT_EQ(reader.position().to, Offset{0});
  expect(reader, records[1], FrameVerdict::accept);
  EXPECT_EQ(reader.position().to, Offset{5});
  expect(reader, writer.one(1), FrameVerdict::accept);
}

TEST(Frame, AFenceDropsWhatIsHeld) {
  FrameReader reader = fenced_reader();
  Writer old_owner(1);
  expect(reader, old_owner.one(2), FrameVerdict::accept);
  const FrameHash counted = old_owner.prev;
  const auto records = old_owner.write(5, big_lines());
  expect(reader, records[0], FrameVerdict::hold);
  expect(reader, fence(2, 2), FrameVerdict::fence);
  expect(reader, records[1], FrameVerdict::ignore);
  Writer new_owner(2, 2, counted);
  expect(reader, new_owner.one(5), FrameVerdict::accept);
  EXPECT_EQ(reader.position().to, Offset{7});
}

TEST(Frame, RefusesGarbage) {
  FrameReader reader = fenced_reader();
  Writer writer(1);
  const std::string record = writer.one(1);
  std::string backwards = record;
  backwards.replace(backwards.find("\"from\":0"), 8, "\"from\":9");
  std::string uncovered = record;
  uncovered.replace(uncovered.find("\"n\":1"), 5, "\"n\":1,\"more\":true");
  for (const std::string& bad : {std::string(), std::string("\n"), std::string("{}"),
                                 std::string(1'000'000, '['), record.substr(0, 20), record.substr(1),
                                 std::string(500, '\0'), fence(2, 2) + "{}\n", backwards, uncovered}) {
    expect_fatal(reader, bad, "frame_malformed");
  }
  expect(reader, record, FrameVerdict::accept);
}

TEST(Frame, WhatIsCutOffAsLinesComeIsWhatIsBuiltOfTheWhole) {
  const FrameSpan span{PartitionId{3}, Epoch{1}, Offset{0}, Offset{9}, 1};
  const std::string line = "{\"a\":\"" + std::string(990, 'x') + "\"}\n";
  // One line less than fits a record, as many as fit, one more; several records.
  const std::size_t fit = kFrameLineBytesMax / line.size();
  for (const std::size_t n : {std::size_t{0}, fit - 1, fit, fit + 1, 3 * fit + 5}) {
    std::string whole, coming;
    std::vector<std::string> records;
    FrameHash prev, prev_of_whole;
    FrameSpan known = span;
    known.to = {};
    for (std::size_t i = 0; i < n; ++i) {
      whole += line;
      coming += line;
      while (auto record = cut_frame(known, coming, prev)) records.push_back(std::move(*record));
    }
    for (std::string& record : build_frame(span, coming, prev)) records.push_back(std::move(record));
    EXPECT_EQ(records, build_frame(span, whole, prev_of_whole)) << n << " lines";
    EXPECT_EQ(prev, prev_of_whole);
  }
}

}  // namespace
}  // namespace paytick
