#include "log/kafka/topic_rights.h"

#include <algorithm>
#include <array>

#include "log/checks.h"

namespace paytick::log {
namespace {

struct RoleRights {
  std::vector<std::string> Principals::*who;
  std::vector<Topic> writes;
  std::optional<Role> owner;  // whose leases it takes: transactional ids, the group
  bool projects = false;
};

// What each role appends and commits. Readers need no entry: all of paytick's own may read everything.
const std::vector<RoleRights>& roles() {
  static const std::vector<RoleRights> rights{
      {&Principals::ingest,
       {Topic::heartbeats, Topic::catalog, Topic::refusals, Topic::snapshots},
       Role::bridge},
      {&Principals::aggregate,
       {Topic::heartbeats, Topic::ticks, Topic::replies, Topic::snapshots},
       Role::aggregator},
      {&Principals::settle, {Topic::heartbeats, Topic::settlements, Topic::snapshots}, Role::settler},
      {&Principals::project, {}, std::nullopt, true},
  };
  return rights;
}

bool matches(const Right& right, Resource resource, std::string_view name) {
  if (right.resource != resource) return false;
  return right.prefixed ? name.starts_with(right.name) : right.name == "*" || right.name == name;
}

// Kafka reads Describe out of what needs it.
bool includes(Operation granted, Operation asked) {
  if (granted == Operation::all || granted == asked) return true;
  if (asked == Operation::describe)
    return granted == Operation::read || granted == Operation::write || granted == Operation::remove ||
           granted == Operation::alter;
  return asked == Operation::describe_configs && granted == Operation::alter_configs;
}

bool covers(const Right& granted, const Right& asked) {
  return granted.allowed && granted.host == "*" &&
         (granted.principal == asked.principal || granted.principal == "User:*") &&
         granted.resource == asked.resource && includes(granted.operation, asked.operation) &&
         (asked.prefixed ? (granted.prefixed ? asked.name.starts_with(granted.name) : granted.name == "*")
                         : matches(granted, asked.resource, asked.name));
}

bool forbids(const Right& denied, const Right& asked) {
  if (denied.allowed || (denied.principal != asked.principal && denied.principal != "User:*")) return false;
  if (denied.resource != asked.resource) return false;
  if (denied.operation != Operation::all && denied.operation != asked.operation) return false;
  return matches(denied, asked.resource, asked.name) ||
         (asked.prefixed && denied.name.starts_with(asked.name));
}

// What is paytick's to change, and nobody else's.
bool changes_topic(Operation operation) {
  return operation == Operation::all || operation == Operation::write || operation == Operation::remove ||
         operation == Operation::alter || operation == Operation::alter_configs;
}
bool is_write(Operation operation) { return operation == Operation::all || operation == Operation::write; }

TopicChange change(std::string subject, std::string from, std::string to, Verdict verdict, Mend mend,
                   std::string why, std::string how = {}) {
  return {std::move(subject), std::string(kRight), std::move(from), std::move(to), verdict, mend,
          std::move(why),     std::move(how)};
}

std::string removal(const KafkaSettings& settings, const Right& right) {
  std::string how =
      "kafka-acls.sh --bootstrap-server " + settings.bootstrap + " --remove --force --allow-principal " +
      right.principal + " --operation " + std::string(to_text(right.operation)) +
      (right.resource == Resource::topic ? " --topic '" : " --transactional-id '") + right.name + "'";
  if (right.prefixed) how += " --resource-pattern-type prefixed";
  if (right.host != "*") how += " --allow-host " + right.host;
  return how;
}

bool is_ours(const Principals& who, const std::string& principal) {
  for (const auto* list : {&who.ingest, &who.aggregate, &who.settle, &who.project, &who.operators})
    if (std::find(list->begin(), list->end(), principal) != list->end()) return true;
  return false;
}

// Grants to others, or to a role that has no business there.
void find_intruders(const KafkaSettings& settings, const std::set<Right>& wanted,
                    const std::set<Right>& actual, std::vector<TopicChange>& changes) {
  const Principals& who = settings.topics.principals;
  for (const Right& right : actual) {
    if (!right.allowed) continue;
    const auto allowed_to = [&](Resource resource, const std::string& name) {
      return std::any_of(wanted.begin(), wanted.end(), [&](const Right& one) {
        return one.principal == right.principal && is_write(one.operation) && matches(one, resource, name);
      });
    };
    std::string where;
    for (const Topic topic : kTopics) {
      const std::string name = topic_name(settings, topic);
      if (topic == Topic::heartbeats_in || !matches(right, Resource::topic, name)) continue;
      // An operator may set topics up; that is not writing.
      if (is_write(right.operation) ? allowed_to(Resource::topic, name) : is_ours(who, right.principal))
        continue;
      if (changes_topic(right.operation)) where += (where.empty() ? "" : ", ") + name;
    }
    for (const Role role : {Role::aggregator, Role::settler, Role::bridge}) {
      const std::string id = group_name(settings, role) + ".";
      const bool reaches = right.resource == Resource::transactional_id &&
                           (right.prefixed ? right.name.starts_with(id) || id.starts_with(right.name)
                                           : right.name == "*" || right.name.starts_with(id));
      if (reaches && is_write(right.operation) && !allowed_to(Resource::transactional_id, id + "0"))
        where += (where.empty() ? "" : ", ") + id + "*";
    }
    if (where.empty()) continue;
    changes.push_back(change(to_text(right), "granted", "not granted", Verdict::breaks, Mend::by_hand,
                             "only paytick's role that owns it may write " + where,
                             removal(settings, right)));
  }
}

}  // namespace

std::string_view to_text(Resource resource) {
  switch (resource) {
    case Resource::topic:
      return "topic";
    case Resource::group:
      return "group";
    case Resource::transactional_id:
      return "transactional id";
    case Resource::cluster:
      return "cluster";
  }
  return "unknown";
}

std::string_view to_text(Operation operation) {
  constexpr std::array<std::string_view, 10> kNames{"All",          "Read",  "Write",    "Create",
                                                    "Delete",       "Alter", "Describe", "DescribeConfigs",
                                                    "AlterConfigs", "Other"};
  return kNames[static_cast<std::size_t>(operation)];
}

std::string to_text(const Right& right) {
  std::string text = right.principal;
  text.append(right.allowed ? " may " : " may not ").append(to_text(right.operation)).append(" ");
  text.append(to_text(right.resource)).append(" ").append(right.name);
  if (right.prefixed) text += "...";
  if (right.host != "*") text.append(" from ").append(right.host);
  return text;
}

std::set<Right> wanted_rights(const KafkaSettings& settings) {
  const Principals& who = settings.topics.principals;
  std::set<Right> out;
  const std::string own = settings.prefix + ".";
  const auto reads_all = [&](const std::string& principal) {
    out.insert({principal, Resource::topic, own, true, Operation::read});
    out.insert({principal, Resource::topic, own, true, Operation::describe_configs});
    out.insert({principal, Resource::group, own, true, Operation::describe});
  };
  for (const RoleRights& role : roles()) {
    for (const std::string& principal : who.*role.who) {
      reads_all(principal);
      for (const Topic topic : role.writes)
        out.insert({principal, Resource::topic, topic_name(settings, topic), false, Operation::write});
      if (role.owner) {
        const std::string name = group_name(settings, *role.owner);
        out.insert({principal, Resource::group, name, false, Operation::read});
        out.insert({principal, Resource::transactional_id, name + ".", true, Operation::write});
      }
      if (role.projects) out.insert({principal, Resource::group, own + "project", true, Operation::read});
    }
  }
  for (const std::string& principal : who.operators) {
    reads_all(principal);
    out.insert({principal, Resource::cluster, "kafka-cluster", false, Operation::describe});
  }
  for (const std::string& principal : who.producers) {
    out.insert(
        {principal, Resource::topic, topic_name(settings, Topic::heartbeats_in), false, Operation::write});
    out.insert({principal, Resource::topic, topic_name(settings, Topic::refusals), false, Operation::read});
  }
  return out;
}

std::vector<Right> missing_rights(const KafkaSettings& settings, const std::set<Right>& actual) {
  std::vector<Right> out;
  for (const Right& wanted : wanted_rights(settings))
    if (std::none_of(actual.begin(), actual.end(),
                     [&](const Right& granted) { return covers(granted, wanted); }))
      out.push_back(wanted);
  return out;
}

std::vector<TopicChange> compare_rights(const KafkaSettings& settings,
                                        const std::optional<std::set<Right>>& actual) {
  std::vector<TopicChange> changes;
  const std::set<Right> wanted = wanted_rights(settings);
  if (wanted.empty()) return changes;
  if (!actual) {
    changes.push_back(change("rights", "anybody may do anything", "only paytick's roles write",
                             Verdict::breaks, Mend::by_hand, "nobody outside names a price or a deposit",
                             "set the brokers' authorizer.class.name, and let clients log in"));
    return changes;
  }
  for (const Right& right : missing_rights(settings, *actual))
    changes.push_back(
        change(to_text(right), "missing", "granted", Verdict::wanted, Mend::apply, "its role works with it"));
  for (const Right& denied : *actual)
    for (const Right& right : wanted)
      if (forbids(denied, right))
        changes.push_back(change(to_text(right), "forbidden: " + to_text(denied), "granted", Verdict::wanted,
                                 Mend::by_hand, "its role works with it",
                                 "remove what forbids it (kafka-acls.sh --remove)"));
  find_intruders(settings, wanted, *actual, changes);
  return changes;
}

}  // namespace paytick::log
