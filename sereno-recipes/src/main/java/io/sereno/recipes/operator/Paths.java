package io.sereno.recipes.operator;

import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.recipes.client.Directories;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The paths of directories and the resources in them, relative to a namespace. */
final class Paths {
    private static final String SESSIONS = "session";

    private Paths() {}

    static String of(Resource resource) {
        StringBuilder path = new StringBuilder();
        resource.namespace().forEach(child -> path.append(Directories.childPrefix(child)));
        return path.append(resource.kind().word())
                .append('/')
                .append(resource.name())
                .toString();
    }

    /** Empty if this version knows no resource of that path: {@link #of} every result is the path. */
    static Optional<Resource> parse(String path) {
        List<String> namespace = new ArrayList<>();
        String rest = withoutNamespace(path, namespace);
        int slash = rest.indexOf('/');
        if (slash < 0 || slash == rest.length() - 1) {
            return Optional.empty();
        }
        String name = rest.substring(slash + 1);
        return Kind.of(rest.substring(0, slash)).map(kind -> new Resource(kind, namespace, name));
    }

    /** Adds the child namespaces of a path, and returns the rest; empty if Sereno writes no such path, since anybody may have written it. */
    private static String withoutNamespace(String path, List<String> namespace) {
        String rest = path;
        while (rest.startsWith("@")) {
            String child = unescape(rest.substring(1, Math.max(1, rest.indexOf('/'))));
            String begin = Directories.childPrefix(child);
            if (child.isEmpty() || !rest.startsWith(begin)) {
                return "";
            }
            namespace.add(child);
            rest = rest.substring(begin.length());
        }
        return rest;
    }

    private static String unescape(String child) {
        return child.replace("%2F", "/").replace("%25", "%");
    }

    /** Whether this is the directory of the sessions of a namespace. */
    static boolean isOfSessions(String path) {
        return withoutNamespace(path, new ArrayList<>()).equals(SESSIONS);
    }

    /**
     * The directories that may have the marker of a session with an entry in this directory: a client keeps its markers in its own
     * namespace, and its entries there and in children of that. The innermost comes first.
     */
    static List<String> sessionsAbove(String path) {
        List<String> above = new ArrayList<>();
        int end = 0;
        above.add(SESSIONS);
        while (path.startsWith("@", end) && path.indexOf('/', end) > 0) {
            end = path.indexOf('/', end) + 1;
            above.add(0, path.substring(0, end) + SESSIONS);
        }
        return above;
    }
}
