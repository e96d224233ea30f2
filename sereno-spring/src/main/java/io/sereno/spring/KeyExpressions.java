package io.sereno.spring;

import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.CompoundExpression;
import org.springframework.expression.spel.ast.InlineMap;
import org.springframework.expression.spel.ast.MethodReference;
import org.springframework.expression.spel.ast.Projection;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.Selection;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;

/** The keys of {@link Locked}. */
final class KeyExpressions {
    private final SpelExpressionParser parser = new SpelExpressionParser();
    private final ParameterNameDiscoverer parameters = new DefaultParameterNameDiscoverer();
    private final BeanFactoryResolver beans;

    KeyExpressions(ConfigurableBeanFactory beans) {
        this.beans = new BeanFactoryResolver(beans);
    }

    /** Fails if it cannot have a value: a name without quotes would be a property of nothing. */
    Expression parse(Method method, String key) {
        try {
            SpelExpression expression = parser.parseRaw(key);
            if (!asksNothing(expression.getAST())) {
                return expression;
            }
        } catch (ParseException | IllegalArgumentException | IllegalStateException e) {
            throw new IllegalStateException(fault(method, key), e);
        }
        throw new IllegalStateException(fault(method, key));
    }

    private static String fault(Method method, String key) {
        return "@Locked on " + method + ": key is \"" + key
                + "\"; an expression of literals in quotes, #parameters and @beans is accepted, as in \"'report:' + #id\"";
    }

    /** Whether it asks for a property or a method without saying of what. */
    private static boolean asksNothing(SpelNode node) {
        if (node instanceof PropertyOrFieldReference || node instanceof MethodReference) {
            return true;
        }
        if (node instanceof CompoundExpression) {
            return asksNothing(node.getChild(0));
        }
        if (node instanceof Projection || node instanceof Selection || node instanceof InlineMap) {
            return false;
        }
        for (int i = 0; i < node.getChildCount(); i++) {
            if (asksNothing(node.getChild(i))) {
                return true;
            }
        }
        return false;
    }

    String value(Method method, Expression key, @Nullable Object... arguments) {
        MethodBasedEvaluationContext context = new MethodBasedEvaluationContext(this, method, arguments, parameters);
        context.setBeanResolver(beans);
        Object value = key.getValue(context);
        if (value == null) {
            throw new IllegalArgumentException(
                    "@Locked on " + method + ": the key " + key.getExpressionString() + " is null; a name is accepted");
        }
        return value.toString();
    }
}
