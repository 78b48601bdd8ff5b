#include "app/roles/health.h"

#include "app/json.h"

namespace paytick::app {

void Health::add(std::string part, bool required, Probe probe) {
  const std::lock_guard lock(mutex_);
  parts_.push_back({std::move(part), required, std::move(probe)});
}

void Health::clear() {
  const std::lock_guard lock(mutex_);
  parts_.clear();
}

ingest::HttpResponse Health::healthz() const {
  ingest::HttpResponse response;
  response.body = "{\"status\":\"ok\"}\n";
  return response;
}

ingest::HttpResponse Health::readyz() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::string>> words;
  bool ready = !draining_, degraded = false;
  for (const Part& part : parts_) {
    const auto trouble = part.probe();
    if (trouble && part.required) ready = false;
    if (trouble && !part.required) degraded = true;
    words.emplace_back(part.name, trouble ? trouble->code + ": " + trouble->message : "ok");
  }
  JsonObject json;
  json.add("status", !ready ? "not_ready" : degraded ? "degraded" : "ready");
  if (draining_) json.add("draining", true);
  json.begin("parts");
  for (const auto& [name, word] : words) json.add(name, word);
  json.end();
  ingest::HttpResponse response;
  response.status = ready ? 200 : 503;
  response.body = json.text();
  return response;
}

void Health::collect(metrics::Page& page) const {
  const std::lock_guard lock(mutex_);
  bool ready = !draining_;
  for (const Part& part : parts_) {
    const bool well = !part.probe();
    if (!well && part.required) ready = false;
    page.set("paytick_part_ready", well ? 1 : 0, {{"part", part.name}});
  }
  page.set("paytick_ready", ready ? 1 : 0);
}

void Health::add_routes(ingest::HttpRoutes& routes) {
  routes.add("GET", "/healthz", ingest::RunOn::loop, [this](const auto&) { return healthz(); });
  routes.add("GET", "/readyz", ingest::RunOn::pool, [this](const auto&) { return readyz(); });
}

}  // namespace paytick::app
