package io.sereno.recipes;

import java.util.Objects;

/**
 * Where things stand: {@code <kind>/<name>}, below {@code @<child>/} for each child namespace. Kinds are ours and begin with a letter, children are
 * escaped, and the name comes last, so no two pairs of namespace and name meet.
 */
final class Directories {
    /** What is left for the kind, the child namespaces and the names of entries, of the 512 that the SPI allows. */
    static final int MAX_NAME_BYTES = 400;

    private static final int MAX_PREFIX_BYTES = 64;

    private final String prefix;

    private Directories(String prefix) {
        this.prefix = prefix;
    }

    /** At the root of the backend's namespace when {@code namespace} is empty. */
    static Directories below(String namespace) {
        Directories root = new Directories("");
        return namespace.isEmpty() ? root : root.child(namespace);
    }

    Directories child(String child) {
        checkName("namespace", child);
        String below = prefix + "@" + child.replace("%", "%25").replace("/", "%2F") + "/";
        int bytes = Unicode.utf8Length("namespace", below);
        if (bytes > MAX_PREFIX_BYTES) {
            throw new IllegalArgumentException("child namespaces take " + bytes + " bytes of UTF-8 together, at most "
                    + MAX_PREFIX_BYTES + " are accepted: '" + below + "'");
        }
        return new Directories(below);
    }

    String of(String kind, String name) {
        checkName(kind, name);
        return prefix + kind + "/" + name;
    }

    String sessions() {
        return prefix + "session";
    }

    private static void checkName(String kind, String name) {
        Objects.requireNonNull(name, () -> "name of " + kind + " is null");
        int bytes = Unicode.utf8Length("name of " + kind, name);
        if (bytes == 0 || bytes > MAX_NAME_BYTES) {
            throw new IllegalArgumentException("name of " + kind + " takes " + bytes + " bytes of UTF-8, 1 to "
                    + MAX_NAME_BYTES + " are accepted: '" + name + "'");
        }
    }
}
