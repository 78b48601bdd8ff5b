package paytick.peer;

import java.util.HashMap;
import java.util.Map;

/** name=value words of a command line. */
final class Options {
  private final Map<String, String> given = new HashMap<>();

  Options(String[] words) {
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("expected name=value, not " + word);
      }
      given.put(word.substring(0, equals), word.substring(equals + 1));
    }
  }

  String text(String name, String otherwise) {
    return given.getOrDefault(name, otherwise);
  }

  long number(String name, long otherwise) {
    return given.containsKey(name) ? Long.parseLong(given.get(name)) : otherwise;
  }
}
