package io.sereno.recipes.client;

import io.sereno.Sereno;
import io.sereno.spi.Names;

/**
 * The paths of directories: {@code <kind>/<name>}, below {@code @<child>/} for each child namespace. Kinds are ours and begin with a letter,
 * children are escaped, and the name comes last, so no two pairs of namespace and name have the same path.
 */
public final class Directories {
    /** A path and the name of an entry have 512 bytes; of these, 400 are for a user's name, and the rest is for the kind and the entry. */
    private static final int MAX_PREFIX_BYTES = 72;

    private static final int MAX_PATH_BYTES = MAX_PREFIX_BYTES + Sereno.MAX_NAME_BYTES;

    /** The prefix of namespaces that Sereno may keep beside those of users. */
    public static final String RESERVED = "sereno-";

    private final String prefix;

    private Directories(String prefix) {
        this.prefix = prefix;
    }

    /** At the root of the backend's namespace when {@code namespace} is empty. */
    public static Directories below(String namespace) {
        Directories root = new Directories("");
        return namespace.isEmpty() ? root : root.child(namespace);
    }

    public Directories child(String child) {
        Names.check("namespace", child, Sereno.MAX_NAME_BYTES);
        if (child.startsWith(RESERVED)) {
            throw new IllegalArgumentException("namespace '" + child + "' begins with '" + RESERVED
                    + "', which is reserved for Sereno itself; any other beginning is accepted");
        }
        String below = prefix + childPrefix(child);
        return new Directories(Names.check("path of child namespaces", below, MAX_PREFIX_BYTES));
    }

    /** A child of Sereno's own, which no user's child is named like; its prefix is short, so its names fit beside any other. */
    public Directories reserved(String child) {
        return new Directories(prefix + childPrefix(RESERVED + child));
    }

    /** How the paths of all directories of this namespace, and of its children, begin. */
    public String prefix() {
        return prefix;
    }

    /** How the paths of a child's directories go on. */
    public static String childPrefix(String child) {
        return "@" + escape(child) + "/";
    }

    public String of(String kind, String name) {
        return prefix + kind + "/" + Names.check(kind + " name", name, Sereno.MAX_NAME_BYTES);
    }

    /** The path of an object with two names: the first is escaped, so that the boundary between them is clear. */
    public String of(String kind, String first, String second) {
        String path = prefix + kind + "/" + pair(first, second);
        return Names.check("path of " + kind + " and both its names", path, MAX_PATH_BYTES);
    }

    /** Two names as one. */
    public static String pair(String first, String second) {
        return escape(first) + "/" + second;
    }

    public String sessions() {
        return prefix + "session";
    }

    private static String escape(String name) {
        return name.replace("%", "%25").replace("/", "%2F");
    }
}
