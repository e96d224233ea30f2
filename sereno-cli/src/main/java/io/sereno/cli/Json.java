package io.sereno.cli;

import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** Writes JSON: maps, iterables, numbers, booleans; all else is text. */
final class Json {
    private Json() {}

    static String of(Object value) {
        if (value instanceof Map<?, ?> map) {
            StringJoiner object = new StringJoiner(",", "{", "}");
            map.forEach((key, each) -> object.add(text(String.valueOf(key)) + ":" + of(each)));
            return object.toString();
        } else if (value instanceof Iterable<?> list) {
            StringJoiner array = new StringJoiner(",", "[", "]");
            list.forEach(each -> array.add(of(each)));
            return array.toString();
        } else if (value instanceof Number || value instanceof Boolean) {
            return value.toString();
        }
        return text(String.valueOf(value));
    }

    /** Well-formed Unicode stays as it is; what could control a terminal is escaped. */
    private static String text(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (Character.isISOControl(c)
                    || Character.isSurrogate(c)
                    || Character.getType(c) == Character.FORMAT
                    || c == 0x2028
                    || c == 0x2029) {
                json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
