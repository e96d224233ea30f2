package io.sereno.recipes.membership;

import io.sereno.Member;
import io.sereno.Members;
import io.sereno.MembershipListener;
import io.sereno.Subscription;
import io.sereno.recipes.client.CallbackFailures;
import io.sereno.recipes.client.OpenSubscription;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Notifies one listener of members that come and go in a group.
 *
 * <p>The news is the difference between what was reported last and the newest state that successive reads have shown, computed when the
 * listener is free. Each incarnation joins once and leaves once, in pairs; a slow listener misses what came and went meanwhile, and nothing
 * else.
 */
public final class MemberNews {
    private static final String PREFIX = Listing.entryName("");

    private final MembershipListener listener;
    private final View view;
    private final CallbackFailures failures;
    private final OpenSubscription subscription;
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile Members latest = new Members(List.of(), false);

    /** Members reported as joined and not as left, by id; confined to the callbacks. */
    private final Map<String, Member> reported = new LinkedHashMap<>();

    private MemberNews(Scope scope, Strand strand, MembershipListener listener) {
        this.listener = listener;
        Query all = new Query.All(scope.directory());
        this.view =
                new View(scope.kernel(), strand, all, scope.client().settings().sessionTtl(), this::refresh);
        this.failures = new CallbackFailures(scope);
        this.subscription = new OpenSubscription(scope, "onChange", ended -> strand.execute(view::close));
    }

    static Subscription subscribe(Scope scope, MembershipListener listener) {
        Strand strand = new Strand();
        MemberNews news = new MemberNews(scope, strand, listener);
        strand.execute(() -> {
            if (!news.subscription.isEnding()) {
                news.view.open();
            }
        });
        return news.subscription;
    }

    static Members members(List<Entry> live, boolean current) {
        return new Members(List.copyOf(entries(live).keySet()), current);
    }

    /** The members among these entries, sorted by id, and the entry of each. */
    public static SortedMap<Member, Entry> entries(List<Entry> live) {
        SortedMap<Member, Entry> members = new TreeMap<>(Comparator.comparing(Member::id));
        for (Entry entry : live) {
            if (entry.name().startsWith(PREFIX)) {
                Member member = new Member(
                        entry.name().substring(PREFIX.length()),
                        entry.createRevision(),
                        MemberCard.decode(entry.value()).card().metadata());
                members.put(member, entry);
            }
        }
        return members;
    }

    private void refresh() {
        @Nullable List<Entry> live = view.entries();
        if (live != null) {
            latest = members(live, view.isCurrent());
            if (due.compareAndSet(false, true)) {
                subscription.call(this::reportNews);
            }
        }
    }

    private void reportNews() {
        due.set(false);
        Members now = latest;
        Map<String, Member> there = new LinkedHashMap<>();
        now.list().forEach(member -> there.put(member.id(), member));
        for (Member before : List.copyOf(reported.values())) {
            Member after = there.get(before.id());
            if (after == null || after.incarnation() != before.incarnation()) {
                reported.remove(before.id());
                call("left", () -> listener.left(before, now));
            }
        }
        for (Member member : there.values()) {
            Member before = reported.put(member.id(), member);
            if (before == null) {
                call("joined", () -> listener.joined(member, now));
            } else if (!before.equals(member)) {
                call("updated", () -> listener.updated(member, now));
            }
        }
    }

    /** A failing callback does not keep the news from the next. */
    private void call(String what, Runnable callback) {
        if (!subscription.isEnding()) {
            failures.run(what, callback);
        }
    }
}
