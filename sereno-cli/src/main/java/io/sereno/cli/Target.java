package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.spi.Names;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine.TypeConversionException;

/** A resource as an argument: {@code lock/close-month}, or {@code @eu/lock/close-month} in a child namespace. */
final class Target {
    private Target() {}

    /** A resource of a kind that the command can use. */
    static Resource parse(String text, Predicate<Kind> accepted) {
        Resource resource = parse(text);
        if (!accepted.test(resource.kind())) {
            throw new TypeConversionException("'" + Text.printable(text) + "' is of the kind "
                    + resource.kind().word() + "; KIND/NAME is accepted with the kinds " + words(accepted));
        }
        return resource;
    }

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
                            + " lock/close-month, with the kinds " + words(any -> true));
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
                        "'" + Text.printable(word) + "' is no kind; accepted are " + words(any -> true)));
    }

    /** Refuses, before anything is sent, a name that no recipe accepts. */
    static void checkName(Kind kind, String name) {
        Names.check(kind.word() + " name", name, Sereno.MAX_NAME_BYTES);
    }

    private static List<String> words(Predicate<Kind> accepted) {
        return Arrays.stream(Kind.values()).filter(accepted).map(Kind::word).toList();
    }
}
