package io.sereno.compatibility;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.MembershipListener;
import io.sereno.Message;
import io.sereno.Peer;
import io.sereno.Sereno;
import io.sereno.TopicReader;
import io.sereno.Worker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * An application that executes commands, in the test's process or in another one. It runs with the classes of the
 * present build and with those of former ones, so it uses only what all of them have.
 */
final class Application implements AutoCloseable {
    private static final long LIMIT_SECONDS = 60;

    private final Sereno sereno;
    private final Duration ttl;
    private final Map<String, Grant> grants = new ConcurrentHashMap<>();
    private final Map<String, LeaderElection> elections = new ConcurrentHashMap<>();
    private final Map<String, Worker> workers = new ConcurrentHashMap<>();
    private final Map<String, TopicReader<String>> readers = new ConcurrentHashMap<>();
    private final Map<String, KeepAlive> keepAlives = new ConcurrentHashMap<>();
    /** What callbacks have reported last, by what was listened to. */
    private final Map<String, String> seen = new ConcurrentHashMap<>();

    /** {@code ttl} is that of its session and of its members. */
    Application(String uri, String node, Duration ttl) {
        this.ttl = ttl;
        this.sereno = Sereno.builder().uri(uri).nodeId(node).sessionTtl(ttl).connect();
    }

    /**
     * Connects to the URI as the node and with the ttl, then reads commands, one a line, words separated by tabs: a
     * number, a verb, its arguments. Each runs in a thread of its own. Answers are the number, {@code ok} or
     * {@code failed}, and a result. Ends with its input, without any request to the store.
     */
    public static void main(String[] arguments) throws IOException {
        Application application = new Application(arguments[0], arguments[1], Duration.parse(arguments[2]));
        System.out.println("connected");
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split("\t", -1);
            Thread thread = new Thread(() -> application.answer(words), line);
            thread.setDaemon(true);
            thread.start();
        }
        Runtime.getRuntime().halt(0);
    }

    private void answer(String[] words) {
        String answer;
        try {
            answer = "ok\t" + run(words[1], List.of(words).subList(2, words.length));
        } catch (Exception | LinkageError e) {
            answer = "failed\t" + e.toString().replaceAll("\\s", " ");
        }
        System.out.println(words[0] + "\t" + answer);
    }

    /** Executes one command; the test shows the verbs. */
    String run(String verb, List<String> words) throws Exception {
        String name = words.get(0);
        return switch (verb) {
            case "acquire" -> keep(name, sereno.mutex(name).acquire());
            case "try-acquire" ->
                sereno.mutex(name).tryAcquire().map(grant -> keep(name, grant)).orElse("busy");
            case "release" -> {
                taken(grants, name).release();
                yield "released";
            }
            case "stand" -> stand(name);
            case "lead" ->
                String.valueOf(present(elections, name).awaitLeadership().fencingToken());
            case "leader" -> until(name, () -> words.get(1).equals(leader(name)));
            case "resign" -> {
                taken(elections, name).close();
                yield "resigned";
            }
            case "add" -> String.valueOf(sereno.counter(name).addAndGet(Long.parseLong(words.get(1))));
            case "count" -> String.valueOf(sereno.counter(name).get());
            case "listen" -> {
                Counter counter = sereno.counter(name);
                counter.onChange(value -> seen.put("counter " + name, String.valueOf(value)));
                yield "listening";
            }
            case "sees" -> until(name, () -> words.get(1).equals(seen.get("counter " + name)));
            case "expect" -> {
                sereno.waitGroup(name).add(Integer.parseInt(words.get(1)));
                yield "expected";
            }
            case "work" -> {
                Worker worker = sereno.waitGroup(name).join();
                workers.put(name, worker);
                yield worker.id();
            }
            case "worked" -> {
                taken(workers, name).done();
                yield "done";
            }
            case "done" -> {
                sereno.waitGroup(name).done();
                yield "done";
            }
            case "await" -> {
                sereno.waitGroup(name).await();
                yield "complete";
            }
            case "publish" -> String.valueOf(sereno.topic(name, Codec.utf8()).publish(words.get(1)));
            case "read" -> {
                From from = words.get(1).isEmpty() ? new From.Earliest() : new From.Durable(words.get(1));
                readers.put(name, sereno.topic(name, Codec.utf8()).reader(from));
                yield "reading";
            }
            case "next" -> {
                Message<String> message = present(readers, name).next();
                yield message.offset() + " " + message.payload() + " by " + message.publisher();
            }
            case "stop" -> {
                taken(readers, name).close();
                yield "stopped";
            }
            case "join" -> {
                KeepAlive keepAlive = sereno.membership(name).join(words.get(1), ttl);
                keepAlives.put(words.get(1), keepAlive);
                yield String.valueOf(keepAlive.incarnation());
            }
            case "leave" -> {
                taken(keepAlives, words.get(1)).close();
                yield "left";
            }
            case "watch" -> {
                sereno.membership(name).onChange(new Watching(name));
                yield "watching";
            }
            case "members" -> until(name, () -> words.get(1).equals(seen.get("members " + name)));
            case "id" -> String.valueOf(sereno.ids(name).nextId());
            case "only-id" -> String.valueOf(sereno.ids(name, Tour.ONE_SLOT).nextId());
            default -> throw new IllegalArgumentException("unknown verb " + verb);
        };
    }

    private String keep(String name, Grant grant) {
        grants.put(name, grant);
        return String.valueOf(grant.fencingToken());
    }

    private static <T> T present(Map<String, T> in, String name) {
        T value = in.get(name);
        if (value == null) {
            throw new IllegalArgumentException("nothing under the name " + name);
        }
        return value;
    }

    private static <T> T taken(Map<String, T> from, String name) {
        T value = present(from, name);
        from.remove(name);
        return value;
    }

    private String stand(String name) {
        LeaderElection election = sereno.election(name);
        elections.put(name, election);
        election.start();
        return "standing";
    }

    private String leader(String name) {
        return present(elections, name).topology().leader().map(Peer::nodeId).orElse("");
    }

    /** Waits until it is so. */
    private static String until(String what, BooleanSupplier so) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!so.getAsBoolean()) {
            if (never.await(5, TimeUnit.MILLISECONDS) || System.nanoTime() - end > 0) {
                throw new IllegalStateException(what + ": not within " + LIMIT_SECONDS + " s");
            }
        }
        return "so";
    }

    @Override
    public void close() {
        sereno.close();
    }

    private final class Watching implements MembershipListener {
        private final String group;

        Watching(String group) {
            this.group = group;
        }

        @Override
        public void joined(Member member, Members members) {
            see(members);
        }

        @Override
        public void left(Member member, Members members) {
            see(members);
        }

        private void see(Members members) {
            seen.put(
                    "members " + group,
                    members.list().stream().map(Member::id).sorted().collect(Collectors.joining(" ")));
        }
    }
}
