package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Notices;
import io.sereno.tck.run.RuleFailure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Names are plain text, and different names never collide. */
public class NameRules {
    /** Names with a meaning to some store, path, pattern or escaping. */
    static final List<String> ODD = List.of(
            ".",
            "..",
            "...",
            "/",
            "//",
            "a/",
            "/a",
            "a//b",
            "a/b",
            "a/../b",
            "a/./b",
            "%",
            "%2F",
            "%2f",
            "%252F",
            "%00",
            "a%2Fb",
            "a b",
            " a",
            "a ",
            " ",
            "\t",
            "\n",
            "\r\n",
            "\u0001",
            "\u007f",
            "\u0085",
            "\u2028",
            "*",
            "?",
            "[a]",
            "{a}",
            "{a",
            "a}",
            "#",
            "+",
            "&",
            "=",
            ":",
            ";",
            ",",
            "|",
            "\\",
            "\\\\",
            "'",
            "\"",
            "`",
            "$",
            "~",
            "^",
            "@",
            "!",
            "<",
            ">",
            "_",
            "-",
            "a",
            "A",
            "b",
            "Aa",
            "BB",
            "a\u00ad",
            "a\u200b",
            "a\u200d",
            "a\ufe0f",
            "a.b",
            "zookeeper",
            "null",
            "0",
            "00",
            "\u00e9",
            "e\u0301",
            "\u00df",
            "SS",
            "ss",
            "\u0130",
            "i",
            "I",
            "\u212b",
            "\u00c5",
            "\ufb01",
            "fi",
            "\ufeff",
            "\ufffd",
            "\uffff",
            "\ud83d\ude00",
            "\u202e");

    @Rule(
            value = "NAM-1a",
            check = "the longest names that the store takes once they are escaped, and characters that it refuses")
    void anyWellFormedNameIsAccepted(Bench bench) {
        Client client = bench.client();
        List<String> names = new ArrayList<>(ODD);
        names.add("n".repeat(500));
        names.add("%".repeat(500));
        names.add("/".repeat(500));
        names.add("\u00e9".repeat(250));
        names.add("\ud83d\ude00".repeat(125));
        for (String name : names) {
            client.put("d", name, name.length() > 100 ? "long" : name);
            bench.same("the entry of this name", name, client.present("d", name).name());
            client.delete("d", name);
        }
        for (String directory : names) {
            client.put(directory, "a", "1");
            bench.same(
                    "the number of entries in the directory of this name",
                    1,
                    client.all(directory).size());
            client.delete(directory, "a");
        }
        for (int pathBytes : new int[] {1, 256, 511}) {
            String directory = "d".repeat(pathBytes);
            String name = "n".repeat(512 - pathBytes);
            client.put(directory, name, "1");
            bench.same(
                    "the entry at 512 bytes of path and name",
                    name,
                    client.present(directory, name).name());
            client.delete(directory, name);
        }
    }

    @Rule(
            value = "NAM-1b",
            check = "the escaping: it has to be injective, and nothing below may normalise or fold case")
    void differentNamesNeverMeet(Bench bench) {
        Client client = bench.client();
        Client reader = bench.client();
        for (String name : ODD) {
            CommitResult result = client.commit(Commit.to("names")
                    .ifAbsent(name)
                    .put(name, Bytes.utf8(name))
                    .build());
            bench.verify(
                    result instanceof CommitResult.Committed,
                    () -> "the name '" + name + "' was in use before it was put, by one of " + ODD);
        }
        List<Entry> entries = reader.all("names");
        bench.same("the names", new HashSet<>(ODD), names(entries));
        entries.forEach(entry -> bench.same(
                "the value put under '" + entry.name() + "'",
                entry.name(),
                entry.value().toUtf8()));
        for (String directory : ODD) {
            bench.verify(
                    client.all(directory).isEmpty(),
                    () -> "the directory '" + directory + "' has entries before anything was put there, "
                            + client.all(directory) + "; it collides with another one of " + ODD);
            client.put(directory, "a", directory);
        }
        for (String directory : ODD) {
            bench.same(
                    "the value in directory '" + directory + "'",
                    directory,
                    reader.present(directory, "a").value().toUtf8());
            bench.same(
                    "the number of entries in directory '" + directory + "'",
                    1,
                    reader.all(directory).size());
        }
        requireLongOnesApart(bench, client, reader);
    }

    /** As long as every store accepts, and different only in the last character. */
    private static void requireLongOnesApart(Bench bench, Client client, Client reader) {
        String name = "n".repeat(510);
        String directory = "d".repeat(510);
        for (String end : List.of("1", "2")) {
            client.put("l", name + end, end);
            client.put(directory + end, "a", end);
        }
        for (String end : List.of("1", "2")) {
            bench.same(
                    "the value under a name of 511 bytes that ends with " + end,
                    end,
                    reader.present("l", name + end).value().toUtf8());
            bench.same(
                    "the values in a directory of 511 bytes that ends with " + end,
                    List.of(end),
                    reader.all(directory + end).stream()
                            .map(entry -> entry.value().toUtf8())
                            .toList());
        }
    }

    @Rule(
            value = "NAM-1c",
            check = "Query, Commit and Target refuse them when they are made; a backend never sees them")
    void otherNamesAreRefused(Bench bench) {
        for (String name :
                List.of("", "\u0000", "a\u0000b", "\ud83d", "\ude00", "\ude00\ud83d", "a\ud83d", "n".repeat(513))) {
            requireRefused(bench, name, () -> new Query.One("d", name));
            requireRefused(bench, name, () -> new Query.All(name));
            requireRefused(bench, name, () -> new Target("d", Optional.of(name)));
            requireRefused(
                    bench, name, () -> Commit.to("d").put(name, Bytes.EMPTY).build());
            requireRefused(bench, name, () -> Commit.to(name).build());
        }
        requireRefused(bench, "512 bytes beside a path", () -> new Query.One("d", "n".repeat(512)));
    }

    private static void requireRefused(Bench bench, String name, Runnable use) {
        try {
            use.run();
        } catch (IllegalArgumentException refused) {
            bench.verified();
            return;
        }
        throw new RuleFailure("the name '" + name + "' was not refused");
    }

    @Rule(
            value = "NAM-2a",
            check = "whether a directory is read, or watched, by a key prefix that other directories share")
    void aDirectoryShowsNothingOfAnother(Bench bench) {
        Client client = bench.client();
        List<String> directories = List.of("a", "a/b", "a/b/c", "a/", "a//b", "ab", "a ", "a%2Fb", "A");
        List<Notices> notices = new ArrayList<>();
        for (String directory : directories) {
            notices.add(bench.client().watch(directory));
        }
        for (String directory : directories) {
            client.put(directory, "in " + directory, "1");
            client.put(directory, "b", "1");
        }
        for (String directory : directories) {
            bench.same(
                    "the names in '" + directory + "', beside " + directories,
                    Set.of("in " + directory, "b"),
                    names(client.all(directory)));
            client.delete(directory, "b");
        }
        for (int i = 0; i < directories.size(); i++) {
            String directory = directories.get(i);
            Notices received = notices.get(i);
            int before = received.count();
            client.put(directory, "sentinel of " + directory, "1");
            received.awaitAnnounced("sentinel of " + directory, before);
            Set<String> allowed = Set.of("in " + directory, "b", "sentinel of " + directory, Notices.RESET);
            bench.verify(
                    allowed.containsAll(received.received()),
                    () -> "a watch of '" + directory + "' received " + received.received() + ", and only " + allowed
                            + " is there");
        }
    }

    @Rule(value = "NAM-2b", check = "whether the namespace is a key prefix of another namespace")
    void namespacesShareNothing(Bench bench) {
        String base = bench.namespace();
        // With one more character it is as long as a namespace may be.
        String long63 = base + "n".repeat(63 - base.length());
        requireApart(
                bench,
                List.of(
                        base,
                        base + "ing",
                        base + "ING",
                        base + "/x",
                        base + "/",
                        base + " ",
                        base + "%2Fx",
                        long63 + 1,
                        long63 + 2),
                "d");
    }

    @Rule(
            value = "NAM-2c",
            check = "how namespace and directory are joined: with a slash, which both may contain, pairs collide")
    void pairsOfNamespaceAndDirectoryNeverMeet(Bench bench) {
        String base = bench.namespace();
        List<String> namespaces = List.of(base, base + "/b", base + "/b/c", base + "/");
        List<String> directories = List.of("b/c/d", "c/d", "d", "/b/c/d", "b/c/d/", "/d");
        List<Client> clients = new ArrayList<>();
        for (String namespace : namespaces) {
            clients.add(bench.client(config -> config.withNamespace(namespace)));
        }
        for (int i = 0; i < namespaces.size(); i++) {
            for (String directory : directories) {
                String own = namespaces.get(i) + " and " + directory;
                List<Entry> before = clients.get(i).all(directory);
                bench.verify(
                        before.isEmpty(),
                        () -> "the pair " + own + " is in use before anything was put there: " + before);
                clients.get(i).put(directory, "a", own);
            }
        }
        for (int i = 0; i < namespaces.size(); i++) {
            for (String directory : directories) {
                bench.same(
                        "the value of the pair",
                        namespaces.get(i) + " and " + directory,
                        clients.get(i).present(directory, "a").value().toUtf8());
            }
        }
    }

    private static void requireApart(Bench bench, List<String> namespaces, String directory) {
        List<Client> clients = new ArrayList<>();
        List<Notices> notices = new ArrayList<>();
        List<Lease> leases = new ArrayList<>();
        for (String namespace : namespaces) {
            Client client = bench.client(config -> config.withNamespace(namespace));
            clients.add(client);
            notices.add(client.watch(directory));
            leases.add(client.grant(bench.longTtl()));
        }
        for (int i = 0; i < namespaces.size(); i++) {
            Client client = clients.get(i);
            String own = "of " + i;
            List<Entry> before = client.all(directory);
            bench.verify(
                    before.isEmpty(),
                    () -> "namespace " + client + " sees, before anything was put there, " + before
                            + " of another one of " + namespaces);
            client.put(directory, own, own);
            client.put(directory, "shared", own);
            client.put(directory, "leased", own, leases.get(i));
        }
        for (int i = 0; i < namespaces.size(); i++) {
            String own = "of " + i;
            bench.same(
                    "the names in one namespace",
                    Set.of(own, "shared", "leased"),
                    names(clients.get(i).all(directory)));
            bench.same(
                    "the value of a name that all have",
                    own,
                    clients.get(i).present(directory, "shared").value().toUtf8());
        }
        // Deletes by one client, and the end of its lease, do not affect the others.
        clients.get(0).delete(directory, "shared");
        clients.get(0).revoke(leases.get(0));
        for (int i = 1; i < namespaces.size(); i++) {
            String own = "of " + i;
            bench.same(
                    "the names after another namespace deleted its own",
                    Set.of(own, "shared", "leased"),
                    names(clients.get(i).all(directory)));
        }
        for (int i = 0; i < namespaces.size(); i++) {
            Notices received = notices.get(i);
            int before = received.count();
            clients.get(i).put(directory, "sentinel of " + i, "1");
            received.awaitAnnounced("sentinel of " + i, before);
            Set<String> allowed = Set.of("of " + i, "shared", "leased", "sentinel of " + i, Notices.RESET);
            bench.verify(
                    allowed.containsAll(received.received()),
                    () -> "a watch received " + received.received() + ", and its namespace has " + allowed);
        }
    }

    private static Set<String> names(List<Entry> entries) {
        Set<String> names = new HashSet<>();
        entries.forEach(entry -> names.add(entry.name()));
        return names;
    }
}
