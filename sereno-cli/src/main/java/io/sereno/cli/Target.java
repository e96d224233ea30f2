package io.sereno.cli;

import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.TypeConversionException;

/** A resource as an argument: {@code lock/close-month}, or {@code @eu/lock/close-month} in a child namespace. */
final class Target {
    private Target() {}

    static Resource parse(String text) {
        List<String> namespace = new ArrayList<>();
        String rest = text;
        while (rest.startsWith("@") && rest.indexOf('/') > 1) {
            namespace.add(rest.substring(1, rest.indexOf('/')));
            rest = rest.substring(rest.indexOf('/') + 1);
        }
        int slash = rest.indexOf('/');
        Kind kind = slash < 0 ? null : Kind.of(rest.substring(0, slash)).orElse(null);
        if (kind == null) {
            throw new TypeConversionException(
                    "'" + Text.printable(text) + "' is no resource; KIND/NAME is accepted, as in"
                            + " lock/close-month, with the kinds " + words());
        }
        try {
            return new Resource(kind, namespace, rest.substring(slash + 1));
        } catch (IllegalArgumentException wrong) {
            throw new TypeConversionException(String.valueOf(wrong.getMessage()));
        }
    }

    static Kind kind(String word) {
        return Kind.of(word)
                .orElseThrow(() -> new TypeConversionException(
                        "'" + Text.printable(word) + "' is no kind; accepted are " + words()));
    }

    private static List<String> words() {
        return Arrays.stream(Kind.values()).map(Kind::word).toList();
    }
}
