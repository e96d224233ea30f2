package io.sereno.compatibility;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The keys of a Redis, as the commands that make them. A record is: command, key, field or score or id; its value is the last
 * argument. The fields and values of an entry of a stream stand behind its id.
 */
final class RedisForm implements StoreForm {
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final RedisCommands<String, String> commands;
    private final List<Stored> leases = new ArrayList<>();

    RedisForm(String authority) {
        this.client = RedisClient.create("redis://" + authority);
        this.connection = client.connect(StringCodec.UTF8);
        this.commands = connection.sync();
    }

    @Override
    public List<Stored> dump() {
        List<Stored> records = new ArrayList<>();
        for (String key : commands.keys("*").stream().sorted().toList()) {
            switch (commands.type(key)) {
                case "hash" ->
                    new TreeMap<>(commands.hgetall(key))
                            .forEach((field, value) -> records.add(new Stored(List.of("HSET", key, field), value)));
                case "zset" ->
                    commands.zrangeWithScores(key, 0, -1)
                            .forEach(scored -> records.add(
                                    new Stored(List.of("ZADD", key, scoreOf(scored.getScore())), scored.getValue())));
                case "stream" ->
                    commands.xrange(key, Range.unbounded(), Limit.unlimited())
                            .forEach(message -> records.add(logged(key, message)));
                default -> throw new IllegalStateException("a key of an unknown type: " + key);
            }
        }
        return records;
    }

    /** With all digits: a double holds them exactly. */
    private static String scoreOf(double score) {
        return Double.isInfinite(score) ? "+inf" : new BigDecimal(score).toPlainString();
    }

    private static Stored logged(String key, StreamMessage<String, String> message) {
        List<String> words = new ArrayList<>(List.of("XADD", key, message.getId()));
        message.getBody().forEach((field, value) -> words.addAll(List.of(field, value)));
        return new Stored(words, "");
    }

    @Override
    public void load(List<Stored> records) {
        for (Stored each : records) {
            String key = each.word(1);
            switch (each.word(0)) {
                case "HSET" -> commands.hset(key, each.word(2), each.value());
                case "ZADD" -> {
                    commands.zadd(key, score(each.word(2)), each.value());
                    if (isLease(each.value())) {
                        leases.add(each);
                    }
                }
                case "XADD" -> {
                    List<String> words = each.words();
                    Map<String, String> body = new LinkedHashMap<>();
                    for (int i = 3; i < words.size(); i += 2) {
                        body.put(words.get(i), words.get(i + 1));
                    }
                    commands.xadd(key, new XAddArgs().id(each.word(2)), body);
                }
                default -> throw new IllegalArgumentException("unknown command " + each.word(0));
            }
        }
    }

    private static double score(String word) {
        return word.equals("+inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(word);
    }

    /** Sets their deadlines into the past; the next call of a client ends them. */
    @Override
    public void endLeases() {
        leases.forEach(lease -> commands.zadd(lease.word(1), 1, lease.value()));
    }

    /** The same for leases that were not loaded. */
    void endEveryLease() {
        for (String key : commands.keys("*:leases")) {
            commands.zrange(key, 0, -1).stream()
                    .filter(RedisForm::isLease)
                    .forEach(lease -> commands.zadd(key, 1, lease));
        }
    }

    private static boolean isLease(String name) {
        return name.matches("[0-9a-f]+:[0-9]+");
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
